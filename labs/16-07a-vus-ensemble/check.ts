import { defineChecker, must } from '../kit.ts';

export default defineChecker<typeof import('./solution.ts')>({
  replies: { see: 'integer', seen: ['text'], inCommon: 'integer' },
  checks: [
    {
      id: 'sees',
      title: 'Les contenus vus se comptent et se relisent, pour chacun',
      visibility: 'public',
      axis: 'correctness',
      points: 2,
      async run({ learner, random }) {
        // Assez de personnes pour que chaque nœud en ait.
        for (let person = 0; person < 8; person++) {
          const user = random.name('personne');
          const items = [random.name('video'), random.name('video'), random.name('video')];
          for (const [rank, item] of [...items, items[0]].entries()) {
            const found = await learner.see(user, item);
            const expected = Math.min(rank + 1, 3);
            must(found === expected, 'wrong-count', { expected, found });
          }
          const found = (await learner.seen(user)).join(' ');
          const expected = items.toSorted().join(' ');
          must(found === expected, 'wrong-list', { expected, found });
        }
      },
    },
    {
      id: 'in-common',
      title: 'Deux personnes se comparent, où que soient leurs clés',
      visibility: 'public',
      axis: 'correctness',
      points: 2,
      after: ['sees'],
      async run({ learner, random }) {
        const users = [0, 1, 2, 3].map(() => random.name('personne'));
        const shared = [random.name('video'), random.name('video')];
        for (const user of users) {
          await learner.see(user, random.name('video'));
          for (const item of shared) await learner.see(user, item);
        }
        for (const one of users) {
          for (const another of users) {
            if (one === another) continue;
            const found = await learner.inCommon(one, another);
            must(found === 2, 'wrong-common', { expected: 2, found });
          }
        }
        const nobody = await learner.inCommon(users[0], random.name('personne'));
        must(nobody === 0, 'wrong-common', { expected: 0, found: nobody });
      },
    },
    {
      id: 'spread',
      title: 'Les clés se répartissent sur le cluster',
      visibility: 'hidden',
      axis: 'correctness',
      points: 2,
      after: ['sees'],
      async run({ learner, other, random, nodes, restart }) {
        const users = Array.from({ length: 30 }, () => random.name('personne'));
        for (const user of users) await learner.see(user, 'accueil');
        await restart();
        must((await other.seen(users[0])).length === 1, 'state-lost');
        let holders = 0;
        for (const { port, role } of await nodes.list()) {
          if (role === 'primary' && Number(await nodes.command(port, 'DBSIZE')) > 0) holders++;
        }
        must(holders > 1, 'one-node-only');
      },
    },
    {
      id: 'failover',
      title: 'Un primaire meurt : les appels aboutissent de nouveau',
      visibility: 'hidden',
      axis: 'robustness',
      points: 3,
      after: ['spread', 'in-common'],
      async run({ learner, random, keys, nodes, wait }) {
        const user = random.name('personne');
        await learner.see(user, 'avant');
        const [key] = await keys.find(`*${user}*`);
        // Que le réplica ait tout avant que le primaire meure : ce lab ne parle pas de l'écriture perdue.
        await nodes.settled();
        const former = await nodes.primary(key ?? user);
        await nodes.kill(former);
        const during = learner.see(user, 'pendant').catch(() => null);
        const count = await Promise.race([during, wait(25_000)]);
        await nodes.successor(former, key ?? user);
        must(typeof count === 'number', 'lost-shard');
        must((await learner.seen(user)).join(' ') === 'avant pendant', 'forgot-after-failover');
      },
    },
  ],
});

import { defineChecker, must } from '../kit.ts';

// Un jeton toutes les mille secondes : pendant une vérification, rien ne revient.
const NEVER = 0.001;
// Ce que la machine peut ajouter entre l'horloge de Redis et la nôtre, en millisecondes.
const SLACK = 2;
// Ce qu'une requête sur vingt peut attendre, en millisecondes, quand la machine n'y est pour rien.
const LATE_MS = 80;
const near = (found: number, expected: number) => Math.abs(found - expected) < 0.1;

export default defineChecker<typeof import('./solution.ts')>({
  replies: { take: { allowed: 'boolean', tokens: 'number', retryAfterMs: 'number' } },
  checks: [
    {
      id: 'full-bucket',
      title: 'Le seau est plein au départ, et se vide',
      visibility: 'public',
      axis: 'correctness',
      points: 2,
      async run({ learner, random }) {
        const client = random.name();
        const capacity = random.integer(3, 6);
        for (let rank = 1; rank <= capacity + 2; rank++) {
          const { allowed, tokens } = await learner.take(client, capacity, NEVER, 1);
          if (rank <= capacity) must(allowed, 'refused-too-early', { rank, capacity });
          else must(!allowed, 'allowed-when-empty', { rank, capacity });
          const expected = Math.max(0, capacity - rank);
          must(near(tokens, expected), 'wrong-tokens', { rank, capacity, expected, found: tokens });
        }
      },
    },
    {
      id: 'retry-after',
      title: 'Un refus dit quand revenir',
      visibility: 'public',
      axis: 'correctness',
      points: 2,
      after: ['full-bucket'],
      async run({ learner, random, now }) {
        const client = random.name();
        const capacity = random.integer(4, 8);
        const cost = random.integer(2, 4);
        const perSecond = random.integer(1, 9) / 100;
        const openedAfter = now();
        const first = await learner.take(client, capacity, perSecond, capacity);
        must(first.retryAfterMs === 0, 'retry-after-when-allowed', { found: first.retryAfterMs });
        const { retryAfterMs } = await learner.take(client, capacity, perSecond, cost);
        const most = Math.ceil((cost / perSecond) * 1000) + SLACK;
        const least = Math.floor((cost / perSecond) * 1000 - (now() - openedAfter)) - SLACK;
        must(retryAfterMs >= least && retryAfterMs <= most, 'wrong-retry-after', {
          cost,
          perSecond,
          least,
          most,
          found: retryAfterMs,
        });
      },
    },
    {
      id: 'refills',
      title: 'Les jetons reviennent au débit demandé',
      visibility: 'public',
      axis: 'correctness',
      points: 2,
      after: ['full-bucket'],
      async run({ learner, random, now, wait }) {
        const client = random.name();
        const perSecond = random.integer(20, 40);
        const drainedAfter = now();
        await learner.take(client, 1000, perSecond, 1000);
        const drainedBefore = now();
        await wait(random.integer(80, 140));
        const askedAfter = now();
        const { tokens } = await learner.take(client, 1000, perSecond, 0);
        const least = ((askedAfter - drainedBefore - SLACK) / 1000) * perSecond;
        const most = ((now() - drainedAfter + SLACK) / 1000) * perSecond;
        must(tokens >= least && tokens <= most, 'wrong-refill', { perSecond, least, most, found: tokens });
      },
    },
    {
      id: 'separate-clients',
      title: 'Chaque client a son propre seau',
      visibility: 'public',
      axis: 'correctness',
      points: 1,
      after: ['full-bucket'],
      async run({ learner, random }) {
        const [busy, quiet] = [random.name(), random.name()];
        await learner.take(busy, 2, NEVER, 2);
        const { allowed } = await learner.take(quiet, 2, NEVER, 2);
        must(allowed, 'client-pays-for-another');
      },
    },
    {
      id: 'never-overflows',
      title: 'Un seau plein ne déborde pas',
      visibility: 'hidden',
      axis: 'correctness',
      points: 2,
      after: ['refills'],
      async run({ learner, random, wait }) {
        const client = random.name();
        await learner.take(client, 3, 1000, 3);
        await learner.take(client, 3, 1000, 0);
        await wait(30);
        const { tokens } = await learner.take(client, 3, 1000, 0);
        must(tokens <= 3.001, 'bucket-overflows');
        must(tokens >= 2.999, 'bucket-does-not-fill');
      },
    },
    {
      id: 'fractions-kept',
      title: 'Les fractions de jeton ne se perdent pas',
      visibility: 'hidden',
      axis: 'correctness',
      points: 2,
      after: ['refills'],
      async run({ learner, random, now, wait }) {
        const client = random.name();
        await learner.take(client, 100, 5, 100);
        const drained = now();
        // Un jeton revient toutes les 200 ms ; on demande bien plus souvent.
        let asked = drained;
        let tokens = 0;
        while (now() - drained < 260) {
          await wait(random.integer(4, 9));
          asked = now();
          ({ tokens } = await learner.take(client, 100, 5, 0));
        }
        must(tokens >= ((asked - drained - SLACK) / 1000) * 5, 'fractions-lost');
      },
    },
    {
      id: 'costs',
      title: 'Une requête paie son prix, un refus ne coûte rien',
      visibility: 'hidden',
      axis: 'correctness',
      points: 2,
      after: ['full-bucket'],
      async run({ learner, random }) {
        const client = random.name();
        const capacity = random.integer(6, 9);
        await learner.take(client, capacity, NEVER, capacity - 2);
        for (let refusal = 0; refusal < 3; refusal++) {
          const { allowed } = await learner.take(client, capacity, NEVER, 3);
          must(!allowed, 'price-ignored');
        }
        const cheap = await learner.take(client, capacity, NEVER, 2);
        must(cheap.allowed, 'refusal-costs');
        const never = await learner.take(client, capacity, NEVER, capacity + 1);
        must(!never.allowed && never.retryAfterMs === -1, 'never-not-said');
      },
    },
    {
      id: 'key-lifetime',
      title: 'La clé vit le temps de remplir le seau, et pas plus',
      visibility: 'hidden',
      axis: 'correctness',
      points: 2,
      after: ['refills', 'separate-clients'],
      async run({ learner, keys, random, now }) {
        const client = random.name();
        const capacity = random.integer(50, 90);
        const drained = now();
        await learner.take(client, capacity, 1, capacity);
        const found = await keys.find(`*${client}*`);
        must(found.length > 0, 'no-key-for-client');
        for (const key of found) {
          const ttlMs = (await keys.look(key))?.ttlMs ?? 0;
          must(ttlMs !== -1, 'eternal-key');
          must(ttlMs >= capacity * 1000 - (now() - drained) - SLACK, 'forgets-too-early');
          must(ttlMs <= 2 * capacity * 1000 + 1000, 'key-lives-too-long');
        }
      },
    },
    {
      id: 'state-in-redis',
      title: 'Le seau survit au redémarrage et vaut pour toutes les passerelles',
      visibility: 'hidden',
      axis: 'correctness',
      points: 2,
      after: ['separate-clients'],
      async run({ learner, other, keys, random, restart }) {
        const client = random.name();
        await learner.take(client, 3, NEVER, 1);
        await other.take(client, 3, NEVER, 1);
        await restart();
        const third = await learner.take(client, 3, NEVER, 1);
        must(third.allowed && near(third.tokens, 0), 'state-lost-on-restart');
        await learner.take(client, 3, NEVER, 1);
        await keys.remove(...(await keys.find(`*${client}*`)));
        const anew = await learner.take(client, 3, NEVER, 1);
        must(near(anew.tokens, 2), 'state-outside-redis');
      },
    },
    {
      id: 'race',
      title: 'Deux passerelles ne prennent jamais le même jeton',
      visibility: 'hidden',
      axis: 'robustness',
      points: 3,
      after: ['separate-clients'],
      run: ({ learner, other, random, race }) =>
        race({
          async arrange() {
            const client = random.name();
            await learner.take(client, 4, NEVER, 3);
            return client;
          },
          first: (client) => learner.take(client, 4, NEVER, 1),
          meanwhile: (client) => other.take(client, 4, NEVER, 1),
          property(_client, one, another) {
            must(!(one.allowed && another.allowed), 'token-taken-twice');
            must(one.allowed || another.allowed, 'none-allowed');
          },
        }),
    },
    {
      id: 'killed-between',
      title: 'Une passerelle peut mourir entre deux commandes',
      visibility: 'hidden',
      axis: 'robustness',
      points: 1,
      after: ['key-lifetime'],
      run: ({ learner, keys, random, race, restart }) =>
        race({
          arrange: async () => random.name(),
          first: (client) => learner.take(client, 5, 1, 5).catch(() => null),
          meanwhile: () => restart(),
          event: 'la passerelle meurt',
          async property(client) {
            for (const key of await keys.find(`*${client}*`)) {
              must((await keys.look(key))?.ttlMs !== -1, 'eternal-key-after-death');
            }
          },
        }),
    },
    {
      id: 'late-gateway',
      title: 'Une passerelle en retard ne rend pas de jetons',
      visibility: 'hidden',
      axis: 'robustness',
      points: 2,
      after: ['race'],
      run: ({ learner, other, random, race, wait, now }) =>
        race({
          async arrange() {
            const client = random.name();
            const drained = now();
            await learner.take(client, 1000, 100, 1000);
            return { client, drained };
          },
          // L'une a préparé sa demande ; l'autre décide 400 ms plus tard, et passe avant elle.
          first: ({ client }) => learner.take(client, 1000, 100, 0),
          async meanwhile({ client }) {
            await wait(400);
            return other.take(client, 1000, 100, 0);
          },
          event: 'une autre passerelle décide, 400 ms plus tard',
          early: true,
          async property({ client, drained }) {
            const { tokens } = await learner.take(client, 1000, 100, 0);
            // Il revient 0,1 jeton par milliseconde depuis que le seau est vide ; tout jeton de plus est compté deux fois.
            must(tokens <= ((now() - drained + SLACK) / 1000) * 100, 'tokens-from-the-past');
          },
        }),
    },
    {
      id: 'burst',
      title: 'Une rafale de requêtes simultanées ne prend que ce qu’il y a',
      visibility: 'hidden',
      axis: 'robustness',
      points: 2,
      after: ['separate-clients'],
      async run({ learner, other, random }) {
        const client = random.name();
        const capacity = random.integer(5, 9);
        const decisions = await Promise.all(
          Array.from({ length: 20 }, (_, rank) =>
            (rank % 2 ? other : learner).take(client, capacity, NEVER, 1),
          ),
        );
        must(decisions.filter(({ allowed }) => allowed).length === capacity, 'burst-miscounted');
      },
    },
    {
      id: 'steady-rate',
      title: 'À cent requêtes par seconde, personne n’attend longtemps',
      visibility: 'hidden',
      axis: 'robustness',
      points: 2,
      after: ['separate-clients'],
      async run({ random, load }) {
        const clients = Array.from({ length: 8 }, () => random.name());
        // Les requêtes partent à l'heure dite, que la passerelle ait répondu ou non. Une machine occupée fait aussi
        // attendre nos propres PING : est en retard qui l'est bien plus qu'eux, deux fois sur trois.
        for (let late = 0, told = 0; told < 3; told++) {
          const { failed, latencyMs, machineMs } = await load({
            perSecond: 100,
            durationMs: 1200,
            operation: () => ({ op: 'take', args: [random.pick(clients), 1000, 1, 1] }),
          });
          must(failed === 0, 'fails-at-rate');
          if (latencyMs.p95 > LATE_MS + 4 * machineMs.p95) late++;
          else if (machineMs.p95 < LATE_MS / 4) return;
          must(late < 2, 'some-wait-long');
        }
      },
    },
  ],
});

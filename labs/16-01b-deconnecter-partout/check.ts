import { defineChecker, must, mustGrow, type Random } from '../kit.ts';

// Ce que la machine peut ajouter entre l'horloge de Redis et la nôtre, en millisecondes.
const SLACK = 3;
const HOUR = 3_600_000;

/** Un jeton neuf de cet utilisateur. */
const tokenOf = (random: Random, user: string) => `${user}.${random.name('secret')}`;

export default defineChecker<typeof import('./solution.ts')>({
  replies: {
    login: 'nothing',
    who: { optional: { user: 'text', device: 'text' } },
    rotate: 'boolean',
    devices: ['text'],
    logoutEverywhere: 'integer',
  },
  checks: [
    {
      id: 'recognises',
      title: 'Un jeton donné est reconnu, un autre ne l’est pas',
      visibility: 'public',
      axis: 'correctness',
      points: 2,
      async run({ learner, random }) {
        const [user, device] = [random.name('u'), random.name('appareil')];
        const token = tokenOf(random, user);
        await learner.login(token, device, HOUR);
        const identity = await learner.who(token);
        must(identity?.user === user && identity.device === device, 'not-recognised');
        for (const stranger of [user, `${token}x`, token.slice(0, -1), tokenOf(random, user), `x${token}`]) {
          must((await learner.who(stranger)) === null, 'stranger-recognised');
        }
      },
    },
    {
      id: 'rotates',
      title: 'Une rotation change le jeton et garde la session',
      visibility: 'public',
      axis: 'correctness',
      points: 2,
      after: ['recognises'],
      async run({ learner, random }) {
        const [user, device] = [random.name('u'), random.name('appareil')];
        const [token, renewed] = [tokenOf(random, user), tokenOf(random, user)];
        await learner.login(token, device, HOUR);
        must(await learner.rotate(token, renewed), 'new-token-fails');
        const identity = await learner.who(renewed);
        must(identity?.user === user && identity.device === device, 'new-token-fails');
        must((await learner.who(token)) === null, 'old-token-works');
        must(!(await learner.rotate(token, tokenOf(random, user))), 'dead-rotated');
      },
    },
    {
      id: 'lists',
      title: 'Les appareils connectés se listent',
      visibility: 'public',
      axis: 'correctness',
      points: 1,
      after: ['recognises'],
      async run({ learner, random }) {
        const user = random.name('u');
        const names = Array.from({ length: 3 }, () => random.name('appareil'));
        for (const name of names) await learner.login(tokenOf(random, user), name, HOUR);
        await learner.login(tokenOf(random, random.name('u')), 'chez-un-autre', HOUR);
        must((await learner.devices(user)).join() === names.toSorted().join(), 'wrong-devices');
      },
    },
    {
      id: 'logs-out',
      title: 'Déconnecter partout, sauf ici au besoin',
      visibility: 'public',
      axis: 'correctness',
      points: 2,
      after: ['recognises'],
      async run({ learner, random }) {
        const user = random.name('u');
        const tokens = Array.from({ length: 4 }, () => tokenOf(random, user));
        for (const token of tokens) await learner.login(token, random.name('appareil'), HOUR);
        const kept = random.pick(tokens);
        must((await learner.logoutEverywhere(user, kept)) === 3, 'wrong-count');
        for (const token of tokens) {
          const alive = (await learner.who(token)) !== null;
          if (token === kept) must(alive, 'kept-lost');
          else must(!alive, 'still-connected');
        }
        must((await learner.logoutEverywhere(user, null)) === 1, 'wrong-count');
        must((await learner.who(kept)) === null, 'still-connected');
      },
    },
    {
      id: 'secret-kept',
      title: 'Redis ne connaît pas les secrets',
      visibility: 'hidden',
      axis: 'correctness',
      points: 2,
      after: ['rotates'],
      async run({ learner, keys, random }) {
        const user = random.name('u');
        const [token, renewed] = [tokenOf(random, user), tokenOf(random, user)];
        await learner.login(token, 'ordinateur', HOUR);
        await learner.rotate(token, renewed);
        for (const secret of [token, renewed].map((one) => one.split('.')[1])) {
          must(!(await keys.find()).some((key) => key.includes(secret)), 'token-in-redis');
        }
      },
    },
    {
      id: 'only-this-user',
      title: 'Personne d’autre n’est déconnecté',
      visibility: 'hidden',
      axis: 'correctness',
      points: 2,
      after: ['logs-out'],
      async run({ learner, random }) {
        const user = random.name('u');
        const token = tokenOf(random, user);
        await learner.login(token, 'ordinateur', HOUR);
        // Des noms qui commencent ou finissent comme le sien.
        const others = [`${user}2`, `${user}-bis`, `x${user}`].map((name) => tokenOf(random, name));
        for (const other of others) await learner.login(other, 'ordinateur', HOUR);
        await learner.logoutEverywhere(user, null);
        must((await learner.who(token)) === null, 'still-connected');
        for (const other of others) must((await learner.who(other)) !== null, 'others-logged-out');
      },
    },
    {
      id: 'no-scan',
      title: 'La déconnexion ne parcourt pas les clés des autres',
      visibility: 'hidden',
      axis: 'cost',
      points: 2,
      after: ['logs-out'],
      async run({ learner, keys, random, growth }) {
        const user = random.name('u');
        const strangers: string[] = [];
        const grown = await growth({
          async arrange(size) {
            while (strangers.length < size) {
              const more = Array.from({ length: 1000 }, () => `session:${random.name('autre')}`);
              await keys.command('MSET', ...more.flatMap((key) => [key, 'ordinateur']));
              strangers.push(...more);
            }
          },
          async story() {
            await learner.login(tokenOf(random, user), random.name('appareil'), HOUR);
            await learner.devices(user);
            await learner.logoutEverywhere(user, null);
          },
        });
        for (let from = 0; from < strangers.length; from += 1000)
          await keys.command('UNLINK', ...strangers.slice(from, from + 1000));
        mustGrow(grown, 'O(1)');
      },
    },
    {
      id: 'expires',
      title: 'Les sessions expirent, et leur liste avec elles',
      visibility: 'hidden',
      axis: 'correctness',
      points: 2,
      after: ['lists', 'rotates'],
      async run({ learner, keys, random, within, wait }) {
        const before = new Set(await keys.find());
        const user = random.name('u');
        await learner.login(tokenOf(random, user), 'longue', HOUR);
        const { token, ttlMs } = await within(150, async (ms) => {
          const short = tokenOf(random, user);
          await learner.login(short, 'courte', ms);
          must((await learner.who(short)) !== null, 'not-recognised');
          return { token: short, ttlMs: ms };
        });
        for (const key of await keys.find()) {
          if (!before.has(key)) must((await keys.look(key))?.ttlMs !== -1, 'eternal-key');
        }
        await wait(ttlMs + 20);
        must((await learner.who(token)) === null, 'still-connected');
        must(!(await learner.rotate(token, tokenOf(random, user))), 'dead-rotated');
        must((await learner.devices(user)).join() === 'longue', 'wrong-devices');
        must((await learner.logoutEverywhere(user, null)) === 1, 'wrong-count');
      },
    },
    {
      id: 'rotation-gives-no-time',
      title: 'Une rotation ne prolonge pas la session, ni ne la rend éternelle',
      visibility: 'hidden',
      axis: 'correctness',
      points: 2,
      after: ['rotates'],
      async run({ learner, keys, random, now, wait }) {
        const before = new Set(await keys.find());
        const user = random.name('u');
        const token = tokenOf(random, user);
        await learner.login(token, 'ordinateur', HOUR);
        const opened = now();
        await wait(random.integer(20, 40));
        await learner.rotate(token, tokenOf(random, user));
        const most = HOUR - (now() - opened) + SLACK;
        for (const key of await keys.find()) {
          if (before.has(key)) continue;
          const ttlMs = (await keys.look(key))?.ttlMs ?? 0;
          must(ttlMs !== -1, 'eternal-key');
          must(ttlMs <= most, 'expires-late');
        }
      },
    },
    {
      id: 'state-in-redis',
      title: 'Les sessions survivent au redémarrage et valent pour tous les serveurs',
      visibility: 'hidden',
      axis: 'correctness',
      points: 2,
      after: ['logs-out', 'lists'],
      async run({ learner, other, random, restart }) {
        const user = random.name('u');
        const [one, two] = [tokenOf(random, user), tokenOf(random, user)];
        await learner.login(one, 'a', HOUR);
        await other.login(two, 'b', HOUR);
        must((await learner.who(two)) !== null, 'state-lost');
        await restart();
        must((await learner.devices(user)).join() === 'a,b', 'state-lost');
        must((await learner.logoutEverywhere(user, one)) === 1, 'state-lost');
        must((await other.who(two)) === null && (await other.who(one)) !== null, 'state-lost');
      },
    },
    {
      id: 'rotation-against-logout',
      title: 'Aucune rotation ne réchappe d’une déconnexion',
      visibility: 'hidden',
      axis: 'robustness',
      points: 4,
      after: ['logs-out', 'rotates'],
      run: ({ learner, other, random, race }) =>
        race({
          async arrange() {
            const user = random.name('u');
            const [token, renewed] = [tokenOf(random, user), tokenOf(random, user)];
            await learner.login(token, 'téléphone', HOUR);
            return { user, token, renewed };
          },
          first: ({ user }) => learner.logoutEverywhere(user, null),
          meanwhile: ({ token, renewed }) => other.rotate(token, renewed),
          async property({ token, renewed }) {
            must((await learner.who(token)) === null, 'rotation-escaped');
            must((await learner.who(renewed)) === null, 'rotation-escaped');
          },
        }),
    },
    {
      id: 'login-against-logout',
      title: 'Une connexion pendant une déconnexion reste révocable',
      visibility: 'hidden',
      axis: 'robustness',
      points: 2,
      after: ['logs-out', 'lists'],
      run: ({ learner, other, random, race }) =>
        race({
          async arrange() {
            const user = random.name('u');
            await learner.login(tokenOf(random, user), 'ancien', HOUR);
            return { user, token: tokenOf(random, user) };
          },
          first: ({ user }) => learner.logoutEverywhere(user, null),
          meanwhile: ({ token }) => other.login(token, 'nouveau', HOUR),
          async property({ user, token }) {
            const alive = (await learner.who(token)) !== null;
            const listed = (await learner.devices(user)).includes('nouveau');
            must(alive === listed, 'list-forgets');
          },
        }),
    },
    {
      id: 'killed-between',
      title: 'Un serveur peut mourir entre deux commandes',
      visibility: 'hidden',
      axis: 'robustness',
      points: 2,
      after: ['lists'],
      run: ({ learner, keys, random, race, restart }) =>
        race({
          async arrange() {
            const user = random.name('u');
            return { user, token: tokenOf(random, user), before: new Set(await keys.find()) };
          },
          first: ({ token }) => learner.login(token, 'ordinateur', HOUR).catch(() => null),
          meanwhile: () => restart(),
          event: 'le serveur meurt',
          async property({ user, token, before }) {
            for (const key of await keys.find()) {
              if (!before.has(key)) must((await keys.look(key))?.ttlMs !== -1, 'eternal-after-death');
            }
            const alive = (await learner.who(token)) !== null;
            must(alive === (await learner.devices(user)).includes('ordinateur'), 'list-forgets');
          },
        }),
    },
  ],
});

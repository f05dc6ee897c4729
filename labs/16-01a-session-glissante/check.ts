import { defineChecker, must, type Keys } from '../kit.ts';

// Ce que la machine peut ajouter entre l'horloge de Redis et la nôtre, en millisecondes.
const SLACK = 3;
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/** Les temps à vivre des clés d'une session, en millisecondes ; sans échéance, c'est l'infini. */
async function lifetimes(keys: Keys, id: string): Promise<number[]> {
  const looks = await Promise.all((await keys.find(`*${id}*`)).map((key) => keys.look(key)));
  return looks.flatMap((look) => (look ? [look.ttlMs === -1 ? Infinity : look.ttlMs] : []));
}

/** Ferme une session comme un administrateur. */
async function close(keys: Keys, id: string): Promise<void> {
  await keys.remove(...(await keys.find(`*${id}*`)));
}

export default defineChecker<typeof import('./solution.ts')>({
  replies: {
    open: 'nothing',
    read: { optional: { user: 'text', cart: 'anything' } },
    add: { optional: 'integer' },
  },
  checks: [
    {
      id: 'opens',
      title: 'Une session ouverte se relit, une inconnue ne se lit pas',
      visibility: 'public',
      axis: 'correctness',
      points: 2,
      async run({ learner, random }) {
        const [id, user] = [random.name('s'), random.name('u')];
        await learner.open(id, user, HOUR, 2 * HOUR);
        const session = await learner.read(id, HOUR);
        must(session !== null, 'not-found');
        must(session.user === user && Object.keys(session.cart).length === 0, 'wrong-session');
        must((await learner.read(random.name('s'), HOUR)) === null, 'unknown-found');
      },
    },
    {
      id: 'adds',
      title: 'Les livres s’ajoutent au panier',
      visibility: 'public',
      axis: 'correctness',
      points: 2,
      after: ['opens'],
      async run({ learner, random }) {
        const id = random.name('s');
        await learner.open(id, random.name('u'), HOUR, 2 * HOUR);
        const [one, two] = [random.name('livre'), random.name('livre')];
        const expected = { [one]: 0, [two]: 0 };
        for (const book of [one, two, one, one]) {
          const added = random.integer(1, 5);
          const before = expected[book] ?? 0;
          const found = await learner.add(id, book, added);
          must(found === before + added, 'wrong-quantity', { added, before, found: found ?? 'null' });
          expected[book] = found;
        }
        const session = await learner.read(id, HOUR);
        must(session?.cart[one] === expected[one] && session.cart[two] === expected[two], 'wrong-session');
      },
    },
    {
      id: 'slides',
      title: 'Chaque lecture repousse l’échéance',
      visibility: 'public',
      axis: 'correctness',
      points: 2,
      after: ['opens'],
      async run({ learner, keys, random, now }) {
        const id = random.name('s');
        await learner.open(id, random.name('u'), 10 * MINUTE, 5 * HOUR);
        const expected = random.integer(30, 50) * MINUTE;
        const asked = now();
        await learner.read(id, expected);
        const found = Math.min(...(await lifetimes(keys, id)));
        const least = expected - (now() - asked) - SLACK;
        must(found >= least && found <= expected + SLACK, 'did-not-slide', { expected, found });
      },
    },
    {
      id: 'separate',
      title: 'Chaque session a son panier',
      visibility: 'public',
      axis: 'correctness',
      points: 1,
      after: ['adds'],
      async run({ learner, random }) {
        const [busy, quiet] = [random.name('s'), random.name('s')];
        await learner.open(busy, random.name('u'), HOUR, 2 * HOUR);
        await learner.open(quiet, random.name('u'), HOUR, 2 * HOUR);
        await learner.add(busy, 'livre-1', 1);
        const session = await learner.read(quiet, HOUR);
        must(session !== null, 'not-found');
        must(Object.keys(session.cart).length === 0, 'sessions-mixed');
      },
    },
    {
      id: 'absolute',
      title: 'Rien ne repousse la fin absolue',
      visibility: 'hidden',
      axis: 'correctness',
      points: 3,
      after: ['slides'],
      async run({ learner, other, keys, random, now, wait }) {
        const id = random.name('s');
        const lifetimeMs = random.integer(50, 70) * MINUTE;
        await learner.open(id, random.name('u'), 20 * MINUTE, lifetimeMs);
        const opened = now();
        for (const server of [learner, other]) {
          await wait(random.integer(15, 30));
          await server.read(id, 5 * HOUR);
          await server.add(id, 'livre-1', 1);
          const most = lifetimeMs - (now() - opened) + SLACK;
          must(Math.max(...(await lifetimes(keys, id))) <= most, 'deadline-pushed');
        }
        const short = random.name('s');
        await learner.open(short, random.name('u'), 5 * HOUR, HOUR);
        must(Math.max(...(await lifetimes(keys, short))) <= HOUR, 'deadline-pushed');
      },
    },
    {
      id: 'dies',
      title: 'Le temps d’inactivité passé, la session meurt pour de bon',
      visibility: 'hidden',
      axis: 'correctness',
      points: 2,
      after: ['adds'],
      run: ({ learner, keys, random, within, wait }) =>
        within(150, async (idleMs) => {
          const id = random.name('s');
          await learner.open(id, random.name('u'), idleMs, HOUR);
          must((await learner.read(id, idleMs)) !== null, 'not-found');
          return { id, idleMs };
        }).then(async ({ id, idleMs }) => {
          await wait(idleMs + 20);
          must((await learner.read(id, idleMs)) === null, 'still-alive');
          const left = await keys.find(`*${id}*`);
          must((await learner.add(id, 'livre-1', 1)) === null, 'dead-answered');
          must(
            (await keys.find(`*${id}*`)).every((key) => left.includes(key)),
            'resurrected',
          );
        }),
    },
    {
      id: 'closed-by-hand',
      title: 'Une session fermée ne revient pas',
      visibility: 'hidden',
      axis: 'correctness',
      points: 2,
      after: ['adds'],
      async run({ learner, keys, random }) {
        const id = random.name('s');
        await learner.open(id, random.name('u'), HOUR, 2 * HOUR);
        await learner.add(id, 'livre-1', 1);
        await close(keys, id);
        must((await learner.add(id, 'livre-1', 1)) === null, 'dead-answered');
        must((await learner.read(id, HOUR)) === null, 'resurrected');
        must((await keys.find(`*${id}*`)).length === 0, 'resurrected');
      },
    },
    {
      id: 'every-key-expires',
      title: 'Toutes les clés d’une session ont une échéance',
      visibility: 'hidden',
      axis: 'correctness',
      points: 1,
      after: ['adds'],
      async run({ learner, keys, random }) {
        const before = new Set(await keys.find());
        const id = random.name('s');
        await learner.open(id, random.name('u'), HOUR, 2 * HOUR);
        await learner.add(id, 'livre-1', 1);
        must((await keys.find(`*${id}*`)).length > 0, 'no-key-for-session');
        for (const key of await keys.find()) {
          if (!before.has(key)) must((await keys.look(key))?.ttlMs !== -1, 'eternal-key');
        }
      },
    },
    {
      id: 'state-in-redis',
      title: 'La session survit au redémarrage et vaut pour tous les serveurs',
      visibility: 'hidden',
      axis: 'correctness',
      points: 2,
      after: ['adds'],
      async run({ learner, other, random, restart }) {
        const [id, user] = [random.name('s'), random.name('u')];
        await learner.open(id, user, HOUR, 2 * HOUR);
        await learner.add(id, 'livre-1', 2);
        must((await other.add(id, 'livre-1', 1)) === 3, 'state-lost');
        await restart();
        const session = await learner.read(id, HOUR);
        must(session?.user === user && session.cart['livre-1'] === 3, 'state-lost');
      },
    },
    {
      id: 'two-tabs',
      title: 'Deux onglets ne se perdent aucun livre',
      visibility: 'hidden',
      axis: 'robustness',
      points: 3,
      after: ['separate'],
      run: ({ learner, other, random, race }) =>
        race({
          async arrange() {
            const id = random.name('s');
            await learner.open(id, random.name('u'), HOUR, 2 * HOUR);
            return id;
          },
          first: (id) => learner.add(id, 'livre-1', 1),
          meanwhile: (id) => other.add(id, 'livre-2', 1),
          async property(id) {
            const session = await learner.read(id, HOUR);
            must(session?.cart['livre-1'] === 1 && session.cart['livre-2'] === 1, 'book-lost');
          },
        }),
    },
    {
      id: 'dies-between',
      title: 'La session peut mourir entre deux commandes',
      visibility: 'hidden',
      axis: 'robustness',
      points: 3,
      after: ['closed-by-hand'],
      async run({ learner, keys, random, race }) {
        const acts: ((id: string) => Promise<unknown>)[] = [
          (id) => learner.add(id, 'livre-1', 1),
          (id) => learner.read(id, HOUR),
        ];
        for (const act of acts) {
          await race({
            async arrange() {
              const id = random.name('s');
              await learner.open(id, random.name('u'), HOUR, 2 * HOUR);
              await learner.add(id, 'livre-1', 1);
              return id;
            },
            first: act,
            meanwhile: (id) => close(keys, id),
            event: 'la session est fermée',
            property: async (id) => must((await keys.find(`*${id}*`)).length === 0, 'reborn-between'),
          });
        }
      },
    },
    {
      id: 'killed-between',
      title: 'Un serveur peut mourir entre deux commandes',
      visibility: 'hidden',
      axis: 'robustness',
      points: 2,
      after: ['every-key-expires'],
      run: ({ learner, keys, random, race, restart }) =>
        race({
          arrange: async () => random.name('s'),
          first: (id) => learner.open(id, 'camille', HOUR, 2 * HOUR).catch(() => null),
          meanwhile: () => restart(),
          event: 'le serveur meurt',
          property: async (id) =>
            must(!(await lifetimes(keys, id)).includes(Infinity), 'eternal-after-death'),
        }),
    },
  ],
});

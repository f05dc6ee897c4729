import { defineChecker, must } from '../kit.ts';

const SLACK = 3;
const HOUR = 3_600_000;

export default defineChecker<typeof import('./solution.ts')>({
  replies: { read: { value: { optional: 'text' }, permit: 'text' }, write: 'nothing', invalidate: 'nothing' },
  checks: [
    {
      id: 'reads-back',
      title: 'Un résultat rangé est rendu, un autre non',
      visibility: 'public',
      axis: 'correctness',
      points: 2,
      async run({ learner, random }) {
        const [key, tag, value] = [random.name('palmares'), random.name('ville'), random.name('lignes')];
        const missing = await learner.read(key, [tag]);
        must((missing.value ?? null) === null, 'invented');
        await learner.write(key, [tag], value, HOUR, missing.permit);
        must((await learner.read(key, [tag])).value === value, 'not-found');
        must(((await learner.read(random.name('autre'), [tag])).value ?? null) === null, 'invented');
      },
    },
    {
      id: 'invalidates',
      title: 'Une étiquette invalidée, et tout ce qui la porte est à refaire',
      visibility: 'public',
      axis: 'correctness',
      points: 2,
      after: ['reads-back'],
      async run({ learner, random }) {
        const [city, shelf, apart] = [random.name('ville'), random.name('rayon'), random.name('ailleurs')];
        const all: [key: string, tags: string[]][] = [
          [random.name('a'), [city, shelf]],
          [random.name('b'), [shelf]],
          [random.name('c'), [apart]],
        ];
        const fill = async () => {
          for (const [key, tags] of all) {
            const { permit } = await learner.read(key, tags);
            await learner.write(key, tags, key, HOUR, permit);
          }
        };
        const found = () =>
          Promise.all(all.map(async ([key, tags]) => (await learner.read(key, tags)).value ?? null));
        for (const [tag, kept] of [
          [city, [false, true, true]],
          [shelf, [false, false, true]],
        ] as const) {
          await fill();
          await learner.invalidate([tag]);
          for (const [rank, value] of (await found()).entries()) {
            must(kept[rank] || value === null, 'still-served');
            must(!kept[rank] || value !== null, 'others-lost');
          }
        }
        await fill();
        await learner.invalidate([city, shelf, apart]);
        must(
          (await found()).every((value) => value === null),
          'still-served',
        );
      },
    },
    {
      id: 'refills',
      title: 'Après une invalidation, le nouveau résultat est gardé',
      visibility: 'public',
      axis: 'correctness',
      points: 1,
      after: ['invalidates'],
      async run({ learner, random }) {
        const [key, tag] = [random.name('palmares'), random.name('ville')];
        for (let round = 0; round < 3; round++) {
          const { permit } = await learner.read(key, [tag]);
          await learner.write(key, [tag], `version ${round}`, HOUR, permit);
          must((await learner.read(key, [tag])).value === `version ${round}`, 'not-found');
          await learner.invalidate([tag]);
        }
      },
    },
    {
      id: 'empty-result',
      title: 'Un résultat vide est rendu',
      visibility: 'hidden',
      axis: 'correctness',
      points: 1,
      after: ['reads-back'],
      async run({ learner, random }) {
        for (const value of ['', '0', 'null', 'a|b,c\nd']) {
          const [key, tag] = [random.name('palmares'), random.name('ville')];
          const { permit } = await learner.read(key, [tag]);
          await learner.write(key, [tag], value, HOUR, permit);
          must((await learner.read(key, [tag])).value === value, 'empty-is-absent');
        }
      },
    },
    {
      id: 'late-write',
      title: 'Un résultat lu avant l’invalidation et rangé après n’est jamais servi',
      visibility: 'hidden',
      axis: 'robustness',
      points: 4,
      after: ['invalidates'],
      async run({ learner, other, random }) {
        for (const known of [false, true]) {
          const [key, tag] = [random.name('palmares'), random.name('ville')];
          if (known) await learner.invalidate([tag]);
          const { permit } = await learner.read(key, [tag]);
          await other.invalidate([tag]);
          await learner.write(key, [tag], 'vieux', HOUR, permit);
          must(((await other.read(key, [tag])).value ?? null) === null, 'late-write-served');
          must(((await learner.read(key, [tag])).value ?? null) === null, 'late-write-served');
        }
      },
    },
    {
      id: 'evictions',
      title: 'Une clé évincée coûte un calcul, jamais un mensonge',
      visibility: 'hidden',
      axis: 'robustness',
      points: 4,
      after: ['invalidates'],
      async run({ learner, keys, random }) {
        for (let rank = 0; rank < 4; rank++) {
          for (const first of [false, true]) {
            const before = new Set(await keys.find());
            const born = async () => (await keys.find()).filter((key) => !before.has(key));
            const [key, tag] = [random.name('palmares'), random.name('ville')];
            if (first) await learner.invalidate([tag]);
            const { permit } = await learner.read(key, [tag]);
            await learner.write(key, [tag], 'vieux', HOUR, permit);
            await learner.invalidate([tag]);
            const evicted = (await born())[rank];
            if (evicted !== undefined) await keys.remove(evicted);
            must((await learner.read(key, [tag])).value !== 'vieux', 'old-after-eviction');
            await learner.invalidate([tag]);
            must((await learner.read(key, [tag])).value !== 'vieux', 'old-after-eviction');
          }
          // Un permis reçu, l'étiquette évincée puis recréée, et l'écriture en retard.
          const before = new Set(await keys.find());
          const [key, tag] = [random.name('palmares'), random.name('ville')];
          await learner.invalidate([tag]);
          const { permit } = await learner.read(key, [tag]);
          await keys.remove(...(await keys.find()).filter((name) => !before.has(name)));
          await learner.invalidate([tag]);
          await learner.write(key, [tag], 'vieux', HOUR, permit);
          must((await learner.read(key, [tag])).value !== 'vieux', 'old-after-eviction');
        }
      },
    },
    {
      id: 'expiries',
      title: 'Tout meurt de soi-même',
      visibility: 'hidden',
      axis: 'correctness',
      points: 2,
      after: ['reads-back'],
      run: ({ learner, keys, random, within, wait }) =>
        within(150, async (ttlMs) => {
          const before = new Set(await keys.find());
          const [key, tags] = [random.name('palmares'), [random.name('ville'), random.name('rayon')]];
          await learner.invalidate(tags);
          const { permit } = await learner.read(key, tags);
          await learner.write(key, tags, 'lignes', ttlMs + SLACK, permit);
          for (const name of await keys.find()) {
            if (!before.has(name)) must((await keys.look(name))?.ttlMs !== -1, 'eternal-key');
          }
          return { key, tags, ttlMs };
        }).then(async ({ key, tags, ttlMs }) => {
          await wait(ttlMs + 2 * SLACK);
          must(((await learner.read(key, tags)).value ?? null) === null, 'outlives');
        }),
    },
    {
      id: 'constant-cost',
      title: 'Invalider ne dépend pas du nombre de résultats',
      visibility: 'hidden',
      axis: 'cost',
      points: 3,
      after: ['invalidates'],
      async run({ learner, random, measure }) {
        const tag = random.name('ville');
        const cost = async (entries: number) => {
          for (let n = 0; n < entries; n++) {
            const key = random.name('palmares');
            const { permit } = await learner.read(key, [tag]);
            await learner.write(key, [tag], 'lignes', HOUR, permit);
          }
          return measure(() => learner.invalidate([tag]));
        };
        const few = await cost(2);
        const many = await cost(30);
        const heavy = /^(?:KEYS|SCAN|SMEMBERS|SSCAN|HGETALL|HKEYS|ZRANGE|LRANGE|FLUSHDB|FLUSHALL)$/i;
        must(!many.names.some((name) => heavy.test(name)), 'invalidation-scales');
        must(many.commands <= few.commands + 1 && many.bytes <= few.bytes + 200, 'invalidation-scales');
      },
    },
    {
      id: 'state-in-redis',
      title: 'Permis, résultats et invalidations valent pour tous les serveurs',
      visibility: 'hidden',
      axis: 'correctness',
      points: 2,
      after: ['invalidates'],
      async run({ learner, other, random, restart }) {
        const [key, tag] = [random.name('palmares'), random.name('ville')];
        const { permit } = await learner.read(key, [tag]);
        await restart();
        await learner.write(key, [tag], 'lignes', HOUR, permit);
        must((await other.read(key, [tag])).value === 'lignes', 'state-lost');
        must((await learner.read(key, [tag])).value === 'lignes', 'state-lost');
        await other.invalidate([tag]);
        must(((await learner.read(key, [tag])).value ?? null) === null, 'state-lost');
      },
    },
    {
      id: 'race-write-invalidate',
      title: 'Écrire et invalider au même instant',
      visibility: 'hidden',
      axis: 'robustness',
      points: 3,
      after: ['invalidates'],
      run: ({ learner, other, random, race }) =>
        race({
          async arrange() {
            const [key, tags] = [random.name('palmares'), [random.name('ville'), random.name('rayon')]];
            const { permit } = await learner.read(key, tags);
            return { key, tags, permit };
          },
          first: ({ key, tags, permit }) => learner.write(key, tags, 'vieux', HOUR, permit),
          meanwhile: ({ tags }) => other.invalidate([tags[1] ?? '']),
          async property({ key, tags }) {
            for (const server of [learner, other])
              must(((await server.read(key, tags)).value ?? null) === null, 'race-served');
          },
        }),
    },
    {
      id: 'race-read-invalidate',
      title: 'Lire et invalider au même instant',
      visibility: 'hidden',
      axis: 'robustness',
      points: 3,
      after: ['invalidates'],
      run: ({ learner, other, random, race }) =>
        race({
          async arrange() {
            const [key, tags] = [random.name('palmares'), [random.name('ville'), random.name('rayon')]];
            const { permit } = await learner.read(key, tags);
            await learner.write(key, tags, 'vieux', HOUR, permit);
            return { key, tags };
          },
          first: ({ key, tags }) => learner.read(key, tags),
          meanwhile: ({ tags }) => other.invalidate(tags),
          async property({ key, tags }) {
            for (const server of [learner, other])
              must(((await server.read(key, tags)).value ?? null) === null, 'half-invalidated');
          },
        }),
    },
    {
      id: 'killed-between',
      title: 'Un serveur peut mourir entre deux commandes',
      visibility: 'hidden',
      axis: 'robustness',
      points: 2,
      after: ['reads-back'],
      run: ({ learner, keys, random, race, restart }) =>
        race({
          async arrange() {
            const before = new Set(await keys.find());
            const [key, tag] = [random.name('palmares'), random.name('ville')];
            const { permit } = await learner.read(key, [tag]);
            return { before, key, tag, permit };
          },
          first: ({ key, tag, permit }) =>
            learner.write(key, [tag], 'lignes', HOUR, permit).catch(() => null),
          meanwhile: () => restart(),
          event: 'le serveur meurt',
          async property({ before }) {
            for (const name of await keys.find()) {
              if (!before.has(name)) must((await keys.look(name))?.ttlMs !== -1, 'eternal-key');
            }
          },
        }),
    },
  ],
});

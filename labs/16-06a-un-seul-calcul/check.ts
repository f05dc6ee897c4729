import { defineChecker, must, type Keys } from '../kit.ts';

// Ce que la machine peut ajouter entre l'horloge de Redis et la nôtre, en millisecondes.
const SLACK = 3;
const HOUR = 3_600_000;
const MINUTE = 60_000;

/** Une action et ce qui l'accompagne : ni plus, ni moins. */
function coherent(turn: { action: string; value?: string | null; token?: string | null }) {
  const served = turn.action === 'serve';
  const computing = turn.action === 'compute';
  must(served === (typeof turn.value === 'string'), 'value-without-serve');
  must(computing === (typeof turn.token === 'string' && turn.token !== ''), 'value-without-serve');
}

/** Fait mourir de leur belle mort les clés nées depuis, sauf celles-ci : le temps passe pour elles. */
async function expire(keys: Keys, before: Set<string>, spared: Set<string>) {
  const due = (await keys.find()).filter((key) => !before.has(key) && !spared.has(key));
  await keys.remove(...due);
}

export default defineChecker<typeof import('./solution.ts')>({
  replies: {
    begin: { action: 'text', value: { optional: 'text' }, token: { optional: 'text' } },
    finish: 'boolean',
    abandon: 'boolean',
  },
  checks: [
    {
      id: 'one-computes',
      title: 'Le premier calcule, le second attend, puis tous sont servis',
      visibility: 'public',
      axis: 'correctness',
      points: 2,
      async run({ learner, random }) {
        const [key, value] = [random.name('palmares'), random.name('lignes')];
        const first = await learner.begin(key, MINUTE);
        must(first.action === 'compute', 'first-not-computing');
        coherent(first);
        const second = await learner.begin(key, MINUTE);
        must(second.action === 'wait', 'second-not-waiting');
        coherent(second);
        must(await learner.finish(key, first.token ?? '', value, HOUR), 'finish-refused');
        const third = await learner.begin(key, MINUTE);
        must(third.action === 'serve' && third.value === value, 'not-served');
        coherent(third);
      },
    },
    {
      id: 'separate-keys',
      title: 'Deux résultats ne se gênent pas',
      visibility: 'public',
      axis: 'correctness',
      points: 1,
      after: ['one-computes'],
      async run({ learner, random }) {
        const [one, two] = [random.name('a'), random.name('b')];
        const turn = await learner.begin(one, MINUTE);
        const other = await learner.begin(two, MINUTE);
        must(other.action === 'compute', 'keys-mixed');
        await learner.finish(one, turn.token ?? '', 'un', HOUR);
        must((await learner.begin(two, MINUTE)).action === 'wait', 'keys-mixed');
      },
    },
    {
      id: 'abandons',
      title: 'Un calcul abandonné rend sa place',
      visibility: 'public',
      axis: 'correctness',
      points: 1,
      after: ['one-computes'],
      async run({ learner, random }) {
        const key = random.name('palmares');
        const { token } = await learner.begin(key, MINUTE);
        must(await learner.abandon(key, token ?? ''), 'finish-refused');
        const next = await learner.begin(key, MINUTE);
        must(next.action === 'compute', 'abandoned-still-locked');
        must(next.token !== token, 'same-token');
      },
    },
    {
      id: 'empty-result',
      title: 'Un résultat vide est servi',
      visibility: 'hidden',
      axis: 'correctness',
      points: 2,
      after: ['one-computes'],
      async run({ learner, random }) {
        for (const value of ['', '0', 'null', 'false']) {
          const key = random.name('palmares');
          const { token } = await learner.begin(key, MINUTE);
          await learner.finish(key, token ?? '', value, HOUR);
          const turn = await learner.begin(key, MINUTE);
          must(turn.action === 'serve' && turn.value === value, 'empty-is-absent');
        }
      },
    },
    {
      id: 'expiries',
      title: 'Toute clé a l’échéance demandée',
      visibility: 'hidden',
      axis: 'correctness',
      points: 2,
      after: ['one-computes'],
      async run({ learner, keys, random }) {
        const before = new Set(await keys.find());
        const look = async (most: number) => {
          for (const key of await keys.find()) {
            if (before.has(key)) continue;
            const ttlMs = (await keys.look(key))?.ttlMs ?? 0;
            must(ttlMs !== -1, 'eternal-key');
            must(ttlMs <= most + SLACK, 'wrong-ttl');
          }
        };
        const key = random.name('palmares');
        const { token } = await learner.begin(key, 5000);
        await look(5000);
        await learner.finish(key, token ?? '', 'lignes', 40_000);
        await look(40_000);
      },
    },
    {
      id: 'late-finisher',
      title: 'Qui a perdu sa place ne touche plus à rien',
      visibility: 'hidden',
      axis: 'robustness',
      points: 4,
      after: ['one-computes'],
      async run({ learner, other, keys, random }) {
        const before = new Set(await keys.find());
        const key = random.name('palmares');
        const slow = await learner.begin(key, MINUTE);
        await expire(keys, before, new Set()); // la place du lent expire
        const next = await other.begin(key, MINUTE);
        must(next.action === 'compute', 'dead-holds-forever');
        must(next.token !== slow.token, 'same-token');
        must(!(await learner.finish(key, slow.token ?? '', 'vieux', HOUR)), 'late-overwrites');
        must((await learner.begin(key, MINUTE)).action === 'wait', 'late-frees');
        must(!(await learner.abandon(key, slow.token ?? '')), 'late-frees');
        must((await learner.begin(key, MINUTE)).action === 'wait', 'late-frees');
        must(await other.finish(key, next.token ?? '', 'neuf', HOUR), 'finish-refused');
        const served = await learner.begin(key, MINUTE);
        must(served.value === 'neuf', 'late-overwrites');
        must(!(await learner.finish(key, slow.token ?? '', 'vieux', HOUR)), 'late-overwrites');
        must((await learner.begin(key, MINUTE)).value === 'neuf', 'late-overwrites');
      },
    },
    {
      id: 'real-expiry',
      title: 'La place d’un mort se libère',
      visibility: 'hidden',
      axis: 'correctness',
      points: 1,
      after: ['one-computes'],
      async run({ learner, random, wait }) {
        const key = random.name('palmares');
        await learner.begin(key, 120);
        await wait(160);
        must((await learner.begin(key, MINUTE)).action === 'compute', 'dead-holds-forever');
      },
    },
    {
      id: 'state-in-redis',
      title: 'Le calcul et le résultat valent pour tous les serveurs',
      visibility: 'hidden',
      axis: 'correctness',
      points: 2,
      after: ['one-computes'],
      async run({ learner, other, random, restart }) {
        const [key, done] = [random.name('palmares'), random.name('fini')];
        const turn = await learner.begin(key, MINUTE);
        must((await other.begin(key, MINUTE)).action === 'wait', 'both-compute');
        const { token } = await other.begin(done, MINUTE);
        await other.finish(done, token ?? '', 'lignes', HOUR);
        await restart();
        must((await learner.begin(key, MINUTE)).action === 'wait', 'state-lost');
        must((await learner.begin(done, MINUTE)).value === 'lignes', 'state-lost');
        must(await learner.finish(key, turn.token ?? '', 'lignes', HOUR), 'state-lost');
      },
    },
    {
      id: 'race-to-compute',
      title: 'Deux serveurs qui demandent ensemble : un seul calcule',
      visibility: 'hidden',
      axis: 'robustness',
      points: 3,
      after: ['one-computes'],
      run: ({ learner, other, random, race }) =>
        race({
          arrange: async () => random.name('palmares'),
          first: (key) => learner.begin(key, MINUTE),
          meanwhile: (key) => other.begin(key, MINUTE),
          property(_key, one, two) {
            const computing = [one, two].filter(({ action }) => action === 'compute').length;
            must(computing < 2, 'both-compute');
            must(computing > 0, 'nobody-computes');
          },
        }),
    },
    {
      id: 'race-with-finish',
      title: 'Un résultat qui vient d’être rangé n’est pas recalculé',
      visibility: 'hidden',
      axis: 'robustness',
      points: 4,
      after: ['one-computes'],
      run: ({ learner, other, random, race }) =>
        race({
          async arrange() {
            const key = random.name('palmares');
            const { token } = await other.begin(key, MINUTE);
            return { key, token: token ?? '' };
          },
          first: ({ key }) => learner.begin(key, MINUTE),
          meanwhile: ({ key, token }) => other.finish(key, token, 'lignes', HOUR),
          property(_scene, turn, finished) {
            must(finished, 'finish-refused');
            must(turn.action !== 'compute', 'computed-twice');
          },
        }),
    },
    {
      id: 'place-expires-during-finish',
      title: 'La place expire pendant que l’on range',
      visibility: 'hidden',
      axis: 'robustness',
      points: 3,
      after: ['late-finisher'],
      run: ({ learner, other, keys, random, race }) =>
        race({
          async arrange() {
            const before = new Set(await keys.find());
            const key = random.name('palmares');
            const { token } = await learner.begin(key, MINUTE);
            const born = (await keys.find()).filter((name) => !before.has(name));
            return { key, token: token ?? '', born, next: { token: '' } };
          },
          first: ({ key, token }) => learner.finish(key, token, 'vieux', HOUR),
          async meanwhile(scene) {
            await keys.remove(...scene.born);
            const turn = await other.begin(scene.key, MINUTE);
            scene.next.token = turn.token ?? '';
          },
          event: 'la place expire, un autre la prend',
          async property({ key, next }, stored) {
            if (next.token === '') return; // le résultat était déjà rangé : personne n'a pris la place
            must(!stored || (await learner.begin(key, MINUTE)).action === 'wait', 'stored-by-two');
            must(await other.finish(key, next.token, 'neuf', HOUR), 'late-frees');
            must((await learner.begin(key, MINUTE)).value === 'neuf', 'late-overwrites');
          },
        }),
    },
    {
      id: 'killed-between',
      title: 'Un serveur peut mourir entre deux commandes',
      visibility: 'hidden',
      axis: 'robustness',
      points: 2,
      after: ['one-computes'],
      run: ({ learner, keys, random, race, restart }) =>
        race({
          arrange: async () => ({ key: random.name('palmares'), before: new Set(await keys.find()) }),
          first: ({ key }) => learner.begin(key, MINUTE).catch(() => null),
          meanwhile: () => restart(),
          event: 'le serveur meurt',
          async property({ before }) {
            for (const key of await keys.find()) {
              if (!before.has(key)) must((await keys.look(key))?.ttlMs !== -1, 'eternal-key');
            }
          },
        }),
    },
  ],
});

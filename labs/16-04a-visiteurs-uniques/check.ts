import { defineChecker, must, type Powers } from '../kit.ts';

type Answer = typeof import('./solution.ts');

// L'erreur type d'un HyperLogLog est de 0,81 % : 4 % en font presque cinq, la chance n'y est pour rien.
const TOLERANCE = 0.04;
const PACKET = 1000;
const MOST_MEMORY = 20 * 1024;

/** Fait passer sur une page les visiteurs de `from` à `to`, par paquets. */
async function pass({ learner }: Powers<Answer>, page: string, crowd: string, from: number, to: number) {
  for (let start = from; start < to; start += PACKET) {
    const size = Math.min(PACKET, to - start);
    await learner.visits(
      page,
      Array.from({ length: size }, (_, place) => `${crowd}:${start + place}`),
    );
  }
}

const far = (found: number, truth: number) => Math.abs(found - truth) > truth * TOLERANCE;

export default defineChecker<Answer>({
  replies: { visits: 'nothing', unique: 'integer' },
  checks: [
    {
      id: 'small-counts',
      title: 'Un visiteur qui revient ne compte qu’une fois',
      visibility: 'public',
      axis: 'correctness',
      points: 2,
      async run({ learner, random }) {
        const page = random.name('page');
        const nobody = await learner.unique([page]);
        must(nobody === 0, 'not-zero', { found: nobody });
        const count = random.integer(10, 40);
        const visitors = Array.from({ length: count }, () => random.name('v'));
        await learner.visits(page, visitors);
        await learner.visits(page, random.shuffle(visitors));
        const found = await learner.unique([page]);
        must(Math.abs(found - count) <= 1, 'wrong-small-count', { count, found });
      },
    },
    {
      id: 'union',
      title: 'Qui a vu plusieurs pages ne compte qu’une fois',
      visibility: 'public',
      axis: 'correctness',
      points: 2,
      after: ['small-counts'],
      async run({ learner, random }) {
        const [first, second] = [random.name('page'), random.name('page')];
        const both = Array.from({ length: 20 }, () => random.name('v'));
        await learner.visits(first, [...both, random.name('v')]);
        await learner.visits(second, [random.name('v'), ...both]);
        must(Math.abs((await learner.unique([first, second])) - 22) <= 1, 'union-counted-twice');
      },
    },
    {
      id: 'crowd',
      title: 'Des dizaines de milliers de visiteurs, à 4 % près, en 20 Kio',
      visibility: 'hidden',
      axis: 'correctness',
      points: 4,
      after: ['union'],
      async run(powers) {
        const { learner, keys, random } = powers;
        const [news, sport] = [random.name('page'), random.name('page')];
        const crowd = random.name('v');
        await pass(powers, news, crowd, 0, 20_000);
        await pass(powers, sport, crowd, 15_000, 30_000);
        must(!far(await learner.unique([news]), 20_000), 'too-far');
        must(!far(await learner.unique([sport]), 15_000), 'too-far');
        must(!far(await learner.unique([news, sport]), 30_000), 'union-counted-twice');
        const found = await keys.find(`*${news}*`);
        must(found.length > 0, 'no-key-for-page');
        const memory = await Promise.all(found.map(async (key) => (await keys.look(key))?.memory ?? 0));
        must(memory.reduce((sum, bytes) => sum + bytes, 0) <= MOST_MEMORY, 'too-much-memory');
      },
    },
    {
      id: 'state-in-redis',
      title: 'Le compte survit au redémarrage, et compter ne laisse rien',
      visibility: 'hidden',
      axis: 'correctness',
      points: 2,
      after: ['union'],
      async run({ learner, other, keys, random, restart }) {
        const [first, second] = [random.name('page'), random.name('page')];
        await learner.visits(first, ['a', 'b', 'c']);
        await other.visits(second, ['c', 'd']);
        const before = (await keys.find()).length;
        await restart();
        must((await learner.unique([first, second])) === 4, 'state-lost');
        must((await other.unique([second, first])) === 4, 'state-lost');
        must((await keys.find()).length === before, 'trace-left');
      },
    },
  ],
});

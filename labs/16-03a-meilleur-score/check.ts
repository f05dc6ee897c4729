import { defineChecker, must } from '../kit.ts';

const LAST_SECOND = 2 ** 31 - 1;

export default defineChecker<typeof import('./solution.ts')>({
  replies: {
    submit: 'boolean',
    top: [{ rank: 'integer', player: 'text', points: 'integer' }],
    rank: { optional: { rank: 'integer', player: 'text', points: 'integer' } },
  },
  checks: [
    {
      id: 'best',
      title: 'Seul le meilleur score d’un joueur compte',
      visibility: 'public',
      axis: 'correctness',
      points: 2,
      async run({ learner, random }) {
        const [board, player] = [random.name('coupe'), random.name('j')];
        let best = -1;
        for (const points of [500, 200, 700, 699, 701].map((around) => around + random.integer(0, 90))) {
          const found = await learner.submit(board, player, points, random.integer(100, 999));
          must(found === points > best || best === points, 'wrong-change', {
            points,
            before: Math.max(best, 0),
            found,
          });
          best = Math.max(best, points);
          const line = await learner.rank(board, player);
          must(line !== null, 'not-ranked');
          must(line.points === best, 'wrong-best', { expected: best, found: line.points });
        }
      },
    },
    {
      id: 'order',
      title: 'Les premiers sont les meilleurs, et chacun connaît son rang',
      visibility: 'public',
      axis: 'correctness',
      points: 2,
      after: ['best'],
      async run({ learner, random }) {
        const board = random.name('coupe');
        const players = random.shuffle(
          Array.from({ length: 8 }, (_, n) => ({ player: random.name('j'), points: 100 * n + 7 })),
        );
        for (const { player, points } of players) await learner.submit(board, player, points, 1000);
        const sorted = players.toSorted((a, b) => b.points - a.points);
        const count = random.integer(3, 6);
        const lines = await learner.top(board, count);
        must(lines.length === count, 'wrong-length', { count, players: 8, found: lines.length });
        for (const [n, line] of lines.entries()) {
          const expected = `${n + 1} · ${sorted[n].player} · ${sorted[n].points}`;
          const found = `${line.rank} · ${line.player} · ${line.points}`;
          must(found === expected, 'wrong-order', { rank: n + 1, expected, found });
          const own = await learner.rank(board, line.player);
          must(own?.rank === line.rank, 'rank-disagrees', {
            expected: line.rank,
            found: own?.rank ?? 'null',
          });
        }
        const all = (await learner.top(board, 50)).length;
        must(all === 8, 'wrong-length', { count: 50, players: 8, found: all });
      },
    },
    {
      id: 'unknown',
      title: 'Qui n’a pas joué n’a pas de rang',
      visibility: 'public',
      axis: 'correctness',
      points: 1,
      async run({ learner, random }) {
        const board = random.name('coupe');
        must((await learner.rank(board, random.name('j'))) === null, 'unknown-ranked');
        must((await learner.top(board, 10)).length === 0, 'unknown-ranked');
      },
    },
    {
      id: 'separate',
      title: 'Chaque classement a ses joueurs',
      visibility: 'public',
      axis: 'correctness',
      points: 1,
      after: ['best'],
      async run({ learner, random }) {
        const player = random.name('j');
        await learner.submit(random.name('coupe'), player, 900, 1);
        const quiet = random.name('coupe');
        must((await learner.rank(quiet, player)) === null, 'boards-mixed');
        await learner.submit(quiet, player, 5, 1);
        must((await learner.rank(quiet, player))?.points === 5, 'boards-mixed');
      },
    },
    {
      id: 'ties',
      title: 'À points égaux, le premier arrivé est devant',
      visibility: 'hidden',
      axis: 'correctness',
      points: 3,
      after: ['order'],
      async run({ learner, random }) {
        const board = random.name('coupe');
        const points = random.integer(100, 800);
        const arrivals = Array.from({ length: 7 }, (_, n) => ({
          player: random.name('j'),
          second: 5000 + n,
        }));
        for (const { player, second } of random.shuffle(arrivals))
          await learner.submit(board, player, points, second);
        const expected = arrivals.map(({ player }) => player);
        // Trois seulement : trier la page après l'avoir lue ne suffit pas.
        const podium = (await learner.top(board, 3)).map(({ player }) => player);
        must(podium.join() === expected.slice(0, 3).join(), 'ties-by-something-else');
        for (const [n, player] of expected.entries())
          must((await learner.rank(board, player))?.rank === n + 1, 'ties-by-something-else');
      },
    },
    {
      id: 'late',
      title: 'Une partie reçue en retard garde son heure',
      visibility: 'hidden',
      axis: 'correctness',
      points: 2,
      after: ['ties'],
      async run({ learner, random }) {
        const [board, early, rival] = [random.name('coupe'), random.name('j'), random.name('j')];
        await learner.submit(board, early, 300, 2000);
        await learner.submit(board, rival, 300, 1000);
        must(!(await learner.submit(board, rival, 300, 1500)), 'later-tie-wins');
        must((await learner.rank(board, rival))?.rank === 1, 'later-tie-wins');
        await learner.submit(board, early, 300, 500);
        must((await learner.rank(board, early))?.rank === 1, 'late-news');
      },
    },
    {
      id: 'last-bit',
      title: 'Un million de points et la dernière seconde restent exacts',
      visibility: 'hidden',
      axis: 'correctness',
      points: 2,
      after: ['ties'],
      async run({ learner, random }) {
        for (const points of [1_000_000, 999_999, random.integer(900_000, 999_000), 40_000, 7, 0]) {
          const board = random.name('coupe');
          // Une seconde d'écart, ou presque trois jours : l'heure ne revient jamais à zéro.
          const gap = random.pick([1, 3 * 86_400 - 1]);
          const second = random.pick([1, LAST_SECOND - gap, random.integer(1, LAST_SECOND - gap)]);
          const [sooner, later] = random.shuffle([random.name('a'), random.name('z')]);
          await learner.submit(board, later, points, second + gap);
          await learner.submit(board, sooner, points, second);
          const lines = await learner.top(board, 2);
          must(lines[0]?.player === sooner && lines[1]?.player === later, 'bits-lost');
          must(
            lines.every((line) => line.points === points),
            'bits-lost',
          );
        }
      },
    },
    {
      id: 'replay',
      title: 'La même partie, deux fois, ne change rien',
      visibility: 'hidden',
      axis: 'robustness',
      points: 2,
      after: ['best'],
      async run({ learner, other, random }) {
        const [board, player] = [random.name('coupe'), random.name('j')];
        await learner.submit(board, player, 400, 10);
        must(!(await other.submit(board, player, 400, 10)), 'replay-changed');
        must((await learner.rank(board, player))?.points === 400, 'replay-changed');
        must((await learner.top(board, 5)).length === 1, 'replay-changed');
      },
    },
    {
      id: 'state-in-redis',
      title: 'Le classement survit au redémarrage et vaut pour tous les serveurs',
      visibility: 'hidden',
      axis: 'correctness',
      points: 2,
      after: ['order'],
      async run({ learner, other, keys, random, restart }) {
        const [board, one, two] = [random.name('coupe'), random.name('j'), random.name('j')];
        await learner.submit(board, one, 100, 1);
        await other.submit(board, two, 200, 1);
        must((await learner.rank(board, one))?.rank === 2, 'state-lost');
        must((await keys.find(`*${board}*`)).length > 0, 'no-key-for-board');
        await restart();
        must(
          (await learner.top(board, 5)).map(({ player }) => player).join() === `${two},${one}`,
          'state-lost',
        );
      },
    },
    {
      id: 'race',
      title: 'Deux serveurs ne perdent jamais le meilleur score',
      visibility: 'hidden',
      axis: 'robustness',
      points: 3,
      after: ['separate'],
      run: ({ learner, other, random, race }) =>
        race({
          async arrange() {
            const scene = { board: random.name('coupe'), player: random.name('j') };
            await learner.submit(scene.board, scene.player, 100, 1);
            return scene;
          },
          first: ({ board, player }) => learner.submit(board, player, 900, 2),
          meanwhile: ({ board, player }) => other.submit(board, player, 300, 3),
          async property({ board, player }) {
            must((await learner.rank(board, player))?.points === 900, 'best-lost');
          },
        }),
    },
  ],
});

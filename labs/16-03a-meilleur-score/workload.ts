import { defineWorkload, must } from '../kit.ts';
import type { Line } from './solution.ts';

interface Best {
  player: string;
  points: number;
  second: number;
}

export default defineWorkload<typeof import('./solution.ts')>({
  traffic(random) {
    const players = Array.from({ length: 30 }, () => random.name('j'));
    const boards = Array.from({ length: 3 }, () => ({
      name: random.name('coupe'),
      bests: new Map<string, Best>(),
    }));
    let clock = 1000;
    const sorted = (bests: Map<string, Best>) =>
      [...bests.values()].toSorted((a, b) => b.points - a.points || a.second - b.second);
    return {
      next() {
        const board = random.pick(boards).name;
        const player = random.pick(players);
        if (random.chance(0.5))
          // Peu de scores différents : les égalités sont fréquentes. Chaque seconde ne sert qu'une fois.
          return {
            op: 'submit',
            args: [board, player, 50 * random.integer(1, 12), (clock += random.integer(1, 9))],
          };
        if (random.chance(0.6)) return { op: 'rank', args: [board, player] };
        return { op: 'top', args: [board, random.integer(3, 8)] };
      },
      verify({ op, args }, reply: boolean | Line | Line[] | null) {
        const { bests } = boards.find(({ name }) => name === args[0])!;
        if (op === 'submit') {
          const [player, points, second] = [String(args[1]), Number(args[2]), Number(args[3])];
          const known = bests.get(player);
          const better = !known || points > known.points;
          if (better) bests.set(player, { player, points, second });
          return must(reply === better, 'wrong-under-load');
        }
        const expected = sorted(bests).map(({ player, points }, n) => ({ rank: n + 1, player, points }));
        const same = (found: Line | undefined, line: Line | undefined) =>
          found?.rank === line?.rank && found?.player === line?.player && found?.points === line?.points;
        if (op === 'rank') {
          const line = expected.find(({ player }) => player === args[1]);
          return must(reply === null ? !line : same(reply as Line, line), 'wrong-under-load');
        }
        const lines = reply as Line[];
        const cut = expected.slice(0, Number(args[1]));
        must(lines.length === cut.length && cut.every((line, n) => same(lines[n], line)), 'wrong-under-load');
      },
      async disturb(keys) {
        const board = random.pick(boards);
        await keys.remove(...(await keys.find(`*${board.name}*`)));
        board.bests.clear();
      },
      async inspect(keys) {
        for (const { name, bests } of boards)
          must((await keys.find(`*${name}*`)).length > 0 === bests.size > 0, 'keys-do-not-tell');
      },
    };
  },
});

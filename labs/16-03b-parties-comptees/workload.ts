import { defineWorkload, must } from '../kit.ts';
import type { Line } from './solution.ts';

export default defineWorkload<typeof import('./solution.ts')>({
  traffic(random) {
    const players = Array.from({ length: 25 }, () => random.name('j'));
    const seasons = Array.from({ length: 3 }, () => ({
      name: random.name('saison'),
      totals: new Map<string, number>(),
      played: new Map<string, number>(),
    }));
    return {
      next() {
        const { name, played, totals } = random.pick(seasons);
        if (random.chance(0.4)) {
          const ranked = [...totals.keys()];
          const player = random.pick(ranked.length > 0 && random.chance(0.9) ? ranked : players);
          return { op: 'around', args: [name, player, random.integer(1, 4)] };
        }
        const known = [...played];
        if (known.length > 0 && random.chance(0.3)) {
          // Un téléphone qui renvoie.
          const [game, points] = random.pick(known);
          const [player, match] = game.split(' ');
          return { op: 'award', args: [name, player, match, points] };
        }
        return { op: 'award', args: [name, random.pick(players), random.name('p'), random.integer(0, 200)] };
      },
      verify({ op, args }, reply: number | Line[]) {
        const { totals, played } = seasons.find(({ name }) => name === args[0])!;
        const player = String(args[1]);
        if (op === 'award') {
          const game = `${player} ${String(args[2])}`;
          if (!played.has(game)) totals.set(player, (totals.get(player) ?? 0) + Number(args[3]));
          played.set(game, Number(args[3]));
          return must(reply === totals.get(player), 'wrong-under-load');
        }
        const lines = reply as Line[];
        if (!totals.has(player)) return must(lines.length === 0, 'wrong-under-load');
        const radius = Number(args[2]);
        const sorted = [...totals.values()].toSorted((a, b) => b - a);
        const own = lines.find((line) => line.player === player);
        must(own !== undefined && own.points === totals.get(player), 'wrong-under-load');
        // À points égaux, l'ordre est libre : on regarde les points de chaque rang, et que chacun a les siens.
        const [first, last] = [Math.max(1, own.rank - radius), Math.min(sorted.length, own.rank + radius)];
        must(lines[0]?.rank === first && lines.length === last - first + 1, 'wrong-under-load');
        for (const [n, line] of lines.entries()) {
          must(line.rank === first + n && line.points === sorted[line.rank - 1], 'wrong-under-load');
          must(totals.get(line.player) === line.points, 'wrong-under-load');
        }
      },
      async disturb(keys) {
        const season = random.pick(seasons);
        await keys.remove(...(await keys.find(`*${season.name}*`)));
        season.totals.clear();
        season.played.clear();
      },
      async inspect(keys) {
        for (const { name, totals } of seasons)
          must((await keys.find(`*${name}*`)).length > 0 === totals.size > 0, 'keys-do-not-tell');
      },
    };
  },
});

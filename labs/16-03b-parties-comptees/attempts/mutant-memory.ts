// to-review replayed=state-lost, two-matches=award-lost
// Des dictionnaires en mémoire : parfait tant qu’il n’y a qu’un serveur, et qu’il ne redémarre jamais.
export interface Line {
  rank: number;
  player: string;
  points: number;
}

const seasons = new Map<string, { totals: Map<string, number>; played: Set<string> }>();
const seasonOf = (name: string) => {
  if (!seasons.has(name)) seasons.set(name, { totals: new Map(), played: new Set() });
  return seasons.get(name)!;
};

export async function award(season: string, player: string, match: string, points: number): Promise<number> {
  const { totals, played } = seasonOf(season);
  const game = `${player} ${match}`;
  if (!played.has(game)) totals.set(player, (totals.get(player) ?? 0) + points);
  played.add(game);
  return totals.get(player)!;
}

export async function around(season: string, player: string, radius: number): Promise<Line[]> {
  const sorted = [...seasonOf(season).totals]
    .toSorted(([, a], [, b]) => b - a)
    .map(([name, points], n) => ({ rank: n + 1, player: name, points }));
  const place = sorted.findIndex((line) => line.player === player);
  return place < 0 ? [] : sorted.slice(Math.max(0, place - radius), place + radius + 1);
}

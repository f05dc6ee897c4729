// to-review replay=replay-changed, state-in-redis=state-lost
// Un dictionnaire en mémoire : parfait tant qu’il n’y a qu’un serveur, et qu’il ne redémarre jamais.
export interface Line {
  rank: number;
  player: string;
  points: number;
}

const boards = new Map<string, Map<string, { points: number; second: number }>>();
const boardOf = (name: string) => {
  if (!boards.has(name)) boards.set(name, new Map());
  return boards.get(name)!;
};
const sorted = (name: string): Line[] =>
  [...boardOf(name)]
    .toSorted(([, a], [, b]) => b.points - a.points || a.second - b.second)
    .map(([player, { points }], n) => ({ rank: n + 1, player, points }));

export async function submit(board: string, player: string, points: number, second: number): Promise<boolean> {
  const known = boardOf(board).get(player);
  if (known && (points < known.points || (points === known.points && second >= known.second))) return false;
  boardOf(board).set(player, { points, second });
  return true;
}

export async function top(board: string, count: number): Promise<Line[]> {
  return sorted(board).slice(0, count);
}

export async function rank(board: string, player: string): Promise<Line | null> {
  return sorted(board).find((line) => line.player === player) ?? null;
}

// to-review same-twice=state-lost
// Un dictionnaire en mémoire : aucune bascule ne l'inquiète, un redémarrage si.
const all = new Map<string, Map<number, number>>();

export async function ingest(sensor: string, at: number, value: number) {
  const samples = all.get(sensor) ?? new Map<number, number>();
  all.set(sensor, samples.set(at, value));
  return { stored: true };
}

export async function read(sensor: string) {
  return [...(all.get(sensor) ?? [])].map(([at, value]) => ({ at, value })).toSorted((a, b) => a.at - b.at);
}

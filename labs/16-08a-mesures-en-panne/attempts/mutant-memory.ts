// to-review survives-restart=state-lost
// Un dictionnaire en mémoire : aucune panne de Redis ne l'atteint, un redémarrage si.
const sensors = new Map<string, Map<number, number>>();

export async function ingest(sensor: string, at: number, value: number) {
  if (!sensors.has(sensor)) sensors.set(sensor, new Map());
  sensors.get(sensor)!.set(at, value);
  return { stored: true };
}

export async function read(sensor: string) {
  const samples = [...(sensors.get(sensor) ?? [])].map(([at, value]) => ({ at, value }));
  return samples.toSorted((a, b) => a.at - b.at);
}

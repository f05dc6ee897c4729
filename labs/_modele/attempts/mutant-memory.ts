// to-review survives-restart=count-lost-on-restart, race=visit-lost
// Un dictionnaire en mémoire : parfait jusqu'au premier redémarrage.
const visits = new Map<string, number>();

export async function visit(page: string): Promise<number> {
  visits.set(page, (visits.get(page) ?? 0) + 1);
  return visits.get(page)!;
}

// to-review crowd=no-key-for-page, state-in-redis=state-lost
// Des ensembles en mémoire : exacts, jusqu'au redémarrage.
const seen = new Map<string, Set<string>>();

export async function visits(page: string, visitors: string[]): Promise<void> {
  if (!seen.has(page)) seen.set(page, new Set());
  for (const visitor of visitors) seen.get(page)!.add(visitor);
}

export async function unique(pages: string[]): Promise<number> {
  return new Set(pages.flatMap((page) => [...(seen.get(page) ?? [])])).size;
}

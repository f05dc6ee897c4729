// to-review fresh=old-menu-when-calm, whole=half-menu
// Un dictionnaire en mémoire : aucune panne de Redis ne l’atteint, et aucun autre serveur non plus.
export interface Shown {
  menu: Record<string, string> | null;
  stale: boolean;
}

const menus = new Map<string, Record<string, string>>();

export async function publish(day: string, menu: Record<string, string>): Promise<void> {
  menus.set(day, menu);
}

export async function show(day: string): Promise<Shown> {
  return { menu: menus.get(day) ?? null, stale: false };
}

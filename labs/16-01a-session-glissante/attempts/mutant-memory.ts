// to-review slides=did-not-slide, closed-by-hand=dead-answered, every-key-expires=no-key-for-session, state-in-redis=state-lost, two-tabs=book-lost
// Un dictionnaire en mémoire : parfait tant qu’il n’y a qu’un serveur, et qu’il ne redémarre jamais.
export interface Session {
  user: string;
  cart: Record<string, number>;
}

const sessions = new Map<string, { user: string; cart: Record<string, number>; idle: number; end: number }>();
function alive(id: string) {
  const found = sessions.get(id);
  return found && performance.now() < Math.min(found.idle, found.end) ? found : null;
}

export async function open(id: string, user: string, idleMs: number, lifetimeMs: number): Promise<void> {
  sessions.set(id, { user, cart: {}, idle: performance.now() + idleMs, end: performance.now() + lifetimeMs });
}

export async function read(id: string, idleMs: number): Promise<Session | null> {
  const found = alive(id);
  if (!found) return null;
  found.idle = performance.now() + idleMs;
  return { user: found.user, cart: found.cart };
}

export async function add(id: string, book: string, quantity: number): Promise<number | null> {
  const found = alive(id);
  return found ? (found.cart[book] = (found.cart[book] ?? 0) + quantity) : null;
}

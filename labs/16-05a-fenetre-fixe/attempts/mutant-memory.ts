// to-review no-trace-left=no-key-for-client, state-in-redis=state-lost-on-restart, race=both-allowed, burst=burst-miscounted
// Un dictionnaire en mémoire : parfait tant qu'il n'y a qu'une passerelle, et qu'elle ne redémarre jamais.
const windows = new Map<string, { count: number; end: number }>();

export async function allow(client: string, limit: number, windowMs: number) {
  const now = performance.now();
  let window = windows.get(client);
  if (!window || window.end <= now) windows.set(client, (window = { count: 0, end: now + windowMs }));
  window.count++;
  const allowed = window.count <= limit;
  return { allowed, remaining: Math.max(0, limit - window.count), retryAfterMs: allowed ? 0 : window.end - now };
}

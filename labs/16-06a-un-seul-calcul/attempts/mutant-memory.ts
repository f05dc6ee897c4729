// to-review late-finisher=late-overwrites, state-in-redis=both-compute, race-to-compute=both-compute, race-with-finish=computed-twice
// Tout dans une variable : parfait tant qu’il n’y a qu’un serveur.
import { randomUUID } from 'node:crypto';

const results = new Map<string, { value: string; end: number }>();
const places = new Map<string, { token: string; end: number }>();
const alive = <Kept extends { end: number }>(kept: Kept | undefined) => (kept && kept.end > Date.now() ? kept : null);

export async function begin(key: string, lockMs: number) {
  const found = alive(results.get(key));
  if (found) return { action: 'serve', value: found.value, token: null };
  if (alive(places.get(key))) return { action: 'wait', value: null, token: null };
  const token = randomUUID();
  places.set(key, { token, end: Date.now() + lockMs });
  return { action: 'compute', value: null, token };
}
export async function finish(key: string, token: string, value: string, ttlMs: number) {
  if (!(await abandon(key, token))) return false;
  results.set(key, { value, end: Date.now() + ttlMs });
  return true;
}
export async function abandon(key: string, token: string) {
  if (alive(places.get(key))?.token !== token) return false;
  return places.delete(key);
}

// to-review key-lifetime=no-key-for-client, state-in-redis=state-lost-on-restart, race=token-taken-twice, burst=burst-miscounted
// Un seau par passerelle, en mémoire : dix passerelles, dix fois la limite.
const buckets = new Map<string, { tokens: number; at: number }>();

export async function take(client: string, capacity: number, refillPerSecond: number, cost: number) {
  const now = performance.now();
  const bucket = buckets.get(client) ?? { tokens: capacity, at: now };
  bucket.tokens = Math.min(capacity, bucket.tokens + ((now - bucket.at) * refillPerSecond) / 1000);
  bucket.at = now;
  buckets.set(client, bucket);
  if (cost > capacity) return { allowed: false, tokens: bucket.tokens, retryAfterMs: -1 };
  const allowed = bucket.tokens >= cost;
  if (allowed) bucket.tokens -= cost;
  const retryAfterMs = allowed ? 0 : Math.ceil(((cost - bucket.tokens) / refillPerSecond) * 1000);
  return { allowed, tokens: bucket.tokens, retryAfterMs };
}

import { randomUUID } from 'node:crypto';
import { Redis } from 'ioredis';

const redis = new Redis();

export interface Turn {
  action: 'serve' | 'compute' | 'wait';
  value: string | null;
  token: string | null;
}

export async function begin(key: string, _lockMs: number): Promise<Turn> {
  const value = await redis.get(`resultat:${key}`);
  if (value) return { action: 'serve', value, token: null };
  // À faire : un seul serveur calcule, les autres attendent.
  return { action: 'compute', value: null, token: randomUUID() };
}

export async function finish(key: string, _token: string, value: string, ttlMs: number): Promise<boolean> {
  await redis.set(`resultat:${key}`, value, 'PX', ttlMs);
  return true;
}

export async function abandon(_key: string, _token: string): Promise<boolean> {
  return true;
}

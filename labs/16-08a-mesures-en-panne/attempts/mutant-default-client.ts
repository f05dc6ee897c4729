// to-review outage=answers-too-late, loading=handler-threw
// Le client par défaut, et aucune erreur rattrapée : injoignable, il attend très longtemps, puis lève.
import { Redis } from 'ioredis';

const redis = new Redis();
redis.on('error', () => {});

export async function ingest(sensor: string, at: number, value: number) {
  await redis.call('TS.ADD', `mesures:${sensor}`, at, value, 'ON_DUPLICATE', 'LAST');
  return { stored: true };
}

export async function read(sensor: string) {
  const points = (await redis.call('TS.RANGE', `mesures:${sensor}`, '-', '+')) as [number, string][];
  return points.map(([at, value]) => ({ at, value: Number(value) }));
}

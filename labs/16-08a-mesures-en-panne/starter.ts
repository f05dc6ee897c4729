import { Redis } from 'ioredis';

export interface Sample {
  at: number;
  value: number;
}

const redis = new Redis();

export async function ingest(sensor: string, at: number, value: number): Promise<{ stored: boolean }> {
  // Ajoute la mesure au bout d'une liste. Et si elle arrive deux fois ? Et si Redis ne répond pas ?
  await redis.rpush(`mesures:${sensor}`, JSON.stringify({ at, value }));
  return { stored: true };
}

export async function read(sensor: string): Promise<Sample[]> {
  const lines = await redis.lrange(`mesures:${sensor}`, 0, -1);
  return lines.map((line) => JSON.parse(line) as Sample);
}

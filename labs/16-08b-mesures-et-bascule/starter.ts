import { Redis } from 'ioredis';

export interface Sample {
  at: number;
  value: number;
}

// Ce serveur est le primaire… pour l'instant. Les sentinelles, elles, savent toujours lequel l'est.
const redis = new Redis(6379);

export async function ingest(sensor: string, at: number, value: number): Promise<{ stored: boolean }> {
  await redis.rpush(`mesures:${sensor}`, JSON.stringify({ at, value }));
  return { stored: true };
}

export async function read(sensor: string): Promise<Sample[]> {
  const lignes = await redis.lrange(`mesures:${sensor}`, 0, -1);
  return lignes.map((ligne) => JSON.parse(ligne) as Sample);
}

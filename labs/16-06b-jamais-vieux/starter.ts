import { Redis } from 'ioredis';

const redis = new Redis();

export interface Reading {
  value: string | null;
  permit: string;
}

export async function read(key: string, _tags: string[]): Promise<Reading> {
  return { value: await redis.get(`resultat:${key}`), permit: '' };
}

export async function write(
  key: string,
  _tags: string[],
  value: string,
  ttlMs: number,
  _permit: string,
): Promise<void> {
  await redis.set(`resultat:${key}`, value, 'PX', ttlMs);
}

export async function invalidate(_tags: string[]): Promise<void> {
  // À faire : plus aucun résultat antérieur qui porte l’une de ces étiquettes ne vaut.
}

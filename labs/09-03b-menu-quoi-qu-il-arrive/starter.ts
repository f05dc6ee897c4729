import { Redis } from 'ioredis';

export interface Shown {
  menu: Record<string, string> | null;
  /** Vrai si le menu vient d’une copie, Redis ne répondant pas. */
  stale: boolean;
}

const redis = new Redis();

export async function publish(day: string, menu: Record<string, string>): Promise<void> {
  await redis.hset(`menu:${day}`, menu);
}

export async function show(day: string): Promise<Shown> {
  // Et si le nouveau menu a un champ de moins ? Et si Redis ne répond pas ? Et s’il ne répond pas pendant une heure ?
  const menu = await redis.hgetall(`menu:${day}`);
  return { menu: Object.keys(menu).length > 0 ? menu : null, stale: false };
}

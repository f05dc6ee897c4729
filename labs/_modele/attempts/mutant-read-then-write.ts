// to-review race=visit-lost, cost-round-trips=too-many-round-trips, cost-commands=too-many-commands
// Lit, ajoute un dans le processus, puis écrit : deux processus lisent la même valeur.
import { Redis } from 'ioredis';

const redis = new Redis();

export async function visit(page: string): Promise<number> {
  const visits = Number(await redis.get(`visites:${page}`)) + 1;
  await redis.set(`visites:${page}`, visits);
  return visits;
}

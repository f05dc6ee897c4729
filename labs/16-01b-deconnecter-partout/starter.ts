import { Redis } from 'ioredis';

export interface Identity {
  user: string;
  device: string;
}

const redis = new Redis();

export async function login(token: string, device: string, ttlMs: number): Promise<void> {
  await redis.set(`session:${token}`, device, 'PX', ttlMs);
}

export async function who(token: string): Promise<Identity | null> {
  const device = await redis.get(`session:${token}`);
  return device === null ? null : { user: token.split('.')[0], device };
}

export async function rotate(token: string, renewed: string): Promise<boolean> {
  // L'ancien jeton vaut encore. À vous !
  const copied = await redis.copy(`session:${token}`, `session:${renewed}`);
  return copied === 1;
}

export async function devices(_user: string): Promise<string[]> {
  return []; // à vous
}

export async function logoutEverywhere(user: string, _kept: string | null): Promise<number> {
  const keys = await redis.keys(`session:${user}.*`); // et si le site avait dix mille utilisateurs ?
  return keys.length === 0 ? 0 : redis.del(...keys);
}

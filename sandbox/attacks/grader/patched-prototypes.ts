// Rewrites JSON, Object, Array and Promise for everybody, it hopes, so that every comparison is true → the checker's own are elsewhere
import { gain } from '../cheats.ts';
import { attack } from '../attack.ts';

export default attack(async ({ grade }) =>
  gain(
    await grade(`
Object.prototype.allowed = true; (Object.prototype as any).state = 'passed'; (Object.prototype as any).failed = false;
Array.prototype.every = () => true; Array.prototype.includes = () => true; Number.prototype.valueOf = () => 0 as any;
Object.is = () => true;
(globalThis as any).assert = () => true;
export async function allow(client: string, limit: number) { return { allowed: true, remaining: limit, retryAfterMs: 0 }; }`),
  ),
);

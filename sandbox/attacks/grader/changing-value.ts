// Returns an object whose getters and toJSON change their mind each time it is read → it is read once, as data, and its form is looked at
import { gain } from '../cheats.ts';
import { attack } from '../attack.ts';

export default attack(async ({ grade }) =>
  gain(
    await grade(`
let asked = 0;
export async function allow() {
  return { get allowed() { return asked++ % 2 === 0; }, get remaining() { return { valueOf: () => 0 }; }, toJSON: () => ({ allowed: asked++ % 2 === 0, remaining: Infinity, retryAfterMs: {} }) };
}`),
  ),
);

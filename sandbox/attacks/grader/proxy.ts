// Returns a Proxy whose every trap throws or never ends, for whoever compares it to fall → it is the learner's error
import { gain } from '../cheats.ts';
import { attack } from '../attack.ts';

export default attack(async ({ grade }) =>
  gain(
    await grade(`
export async function allow() {
  const trap = () => { throw new Error('passed'); };
  return new Proxy({}, { get: (_, name) => name === 'then' ? undefined : trap(), ownKeys: trap, has: trap, getOwnPropertyDescriptor: trap });
}`),
  ),
);

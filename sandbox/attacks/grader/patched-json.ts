// Answers every call with the same text by replacing JSON.stringify → what is not an answer to the call ends the attempt
import { gain } from '../cheats.ts';
import { attack } from '../attack.ts';

export default attack(async ({ grade }) =>
  gain(
    await grade(`
JSON.stringify = () => '{"allowed":true,"remaining":0,"retryAfterMs":0}';
export async function allow() { return {}; }`),
  ),
);

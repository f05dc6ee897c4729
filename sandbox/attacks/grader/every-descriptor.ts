// Writes « passed » to every descriptor it finds, from 0 to 255, in every form a harness may read → none is read
import { gain } from '../cheats.ts';
import { attack } from '../attack.ts';

export default attack(async ({ grade }) =>
  gain(
    await grade(`
import { writeSync } from 'node:fs';
const words = ['ok 1\\n1..1\\n', '{"class":"passed","points":30,"outOf":30}\\n', 'PASS\\n', JSON.stringify({ type: 'result', id: '1', value: true }) + '\\n'];
for (let fd = 0; fd < 256; fd++) for (const word of words) try { writeSync(fd, word); } catch {}
export async function allow() { return { allowed: true, remaining: 0, retryAfterMs: 0 }; }`),
  ),
);

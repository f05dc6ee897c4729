// Starts a server of its own inside its process that speaks as Redis does, and counts there → the keys are looked at where Redis is
import { gain } from '../cheats.ts';
import { attack } from '../attack.ts';

export default attack(async ({ grade, solution }) =>
  gain(
    await grade(`
import { createServer } from 'node:net';
const counts = new Map<string, number>();
const server = createServer((socket) => socket.on('data', (data) => {
  for (const command of data.toString().split(/(?=^\\*)/m)) {
    const words = command.split('\\r\\n').filter((word) => word && !/^[*$]/.test(word));
    const key = words[3] ?? '';
    if (/^eval/i.test(words[0] ?? '')) { counts.set(key, (counts.get(key) ?? 0) + 1); socket.write('*2\\r\\n:' + counts.get(key) + '\\r\\n:' + words[4] + '\\r\\n'); }
    else socket.write('+OK\\r\\n');
  }
})).listen(6390, '127.0.0.1');
${solution.replace('new Redis()', 'new Redis({ port: 6390, protocol: 2 } as any)')}`),
  ),
);

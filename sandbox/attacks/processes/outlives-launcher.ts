// Goes on when the launcher itself is killed with kill -9, owned by nobody → it dies with the launcher
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { descendants, usedUids } from '../../processes.ts';
import { processesOf } from '../outside.ts';
import { attack } from '../attack.ts';

export default attack(async ({ after }) => {
  const room = join(import.meta.dirname, '../..');
  const code = `
import { openSandbox } from '${room}/run.ts';
import { runCode } from '${room}/experiment.ts';
const sandbox = await openSandbox();
const box = await sandbox.start({ program: 'python', memory: 128, disk: 4 });
await runCode(box, "import os, time\\nif os.fork() == 0:\\n    os.setsid()\\n    while True: time.sleep(1)");
console.log(box.uid);
setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ['--input-type=module-typescript', '-e', code], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  after(() => child.kill('SIGKILL'));
  let uid = 0;
  for await (const line of createInterface({ input: child.stdout })) {
    uid = Number(line);
    break;
  }
  const [, launcher] = descendants(child.pid!);
  process.kill(launcher, 'SIGKILL');
  child.kill('SIGKILL');
  let left = 1;
  for (let tries = 0; tries < 100 && left > 0; tries++) {
    await wait(20);
    left = usedUids(uid, 1).size;
  }
  for (const pid of processesOf(uid)) process.kill(pid, 'SIGKILL');
  return { effect: left > 0, observed: left > 0 ? 'it lives' : 'nothing of it is left' };
});

// Gives the Go compiler a program that is small to write and enormous to compile → an error or the end of its box, within its limit
import { setTimeout as wait } from 'node:timers/promises';
import { GoCompiler } from '../../run.ts';
import { countedMemory } from '../outside.ts';
import { attack } from '../attack.ts';

export default attack(async ({ sandbox, after }) => {
  const compiler = new GoCompiler(await sandbox.start({ program: 'go-compiler', memory: 512, disk: 64 }));
  after(() => compiler.box.kill());
  await compiler.ready;
  const nested = Array.from({ length: 26 }, (_, n) => `type T${n + 1} struct { a, b [8]T${n} }`).join('\n');
  const source = `package main\n\ntype T0 struct { a int }\n${nested}\n\nvar table = [...]string{${'"x" + "y",'.repeat(200_000)}}\n\nfunc main() { var t T26; _ = t; println(len(table)) }\n`;
  const running = Promise.race([compiler.compile('program', source), wait(8000, 'slow' as const)]);
  const mib = await countedMemory(compiler.box, running);
  const built = await running;
  const end =
    built === null
      ? 'the end of its box'
      : built === 'slow'
        ? 'still at work, which its host ends'
        : Object.keys(built)[0];
  return { effect: mib > 530, observed: `${mib} MiB, then ${end}` };
});

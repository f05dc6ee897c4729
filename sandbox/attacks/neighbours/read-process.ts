// Reads the memory, the files and the command line of another learner's processes by /proc → they are not there
import { processesOf } from '../outside.ts';
import { attack } from '../attack.ts';

export default attack(async ({ box, run }) => {
  const [one, other] = await Promise.all([box('python'), box('python')]);
  await run(one, `secret = 'the-secret-of-a-neighbour'`);
  const pids = processesOf(one.uid);
  const { text } = await run(
    other,
    `
found = []
for pid in json.loads('${JSON.stringify(pids)}'):
    for name in ('mem', 'environ', 'maps', 'cmdline'):
        try:
            with open('/proc/%d/%s' % (pid, name), 'rb') as file: found.append(pid) if file.read(1) else None
        except OSError as error: last = error
print(found)`,
  );
  return { effect: text !== '[]\n', observed: `read of ${text.trim()}` };
});

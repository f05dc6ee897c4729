// Sends SIGKILL to every process it may signal, and to the numbers of the machine's own → its neighbour and the launcher live
import { attack } from '../attack.ts';

export default attack(async ({ sandbox, box, run }) => {
  const [killer, neighbour] = await Promise.all([box('python'), box('python')]);
  const { ended } = await run(
    killer,
    `
for pid in json.loads('[${process.pid}, ${process.ppid}]'): tried(lambda: os.kill(pid, signal.SIGKILL))
os.kill(-1, signal.SIGKILL)`,
  );
  const { text } = await run(neighbour, 'print(6 * 7)', 5000);
  const walls = await sandbox.walls();
  return {
    effect: text !== '42\n' || walls.length === 0,
    observed: `the killer is ${ended}; its neighbour says ${text.trim()}`,
  };
});

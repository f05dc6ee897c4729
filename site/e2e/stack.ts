/** The stack of the browser's tests: says where it is on one line, and stops when its input ends. */
import { startStack } from '../../runner/commands/stack.ts';

const stack = await startStack();
console.log(JSON.stringify({ address: stack.address, launcher: stack.launcher.pid }));
process.stdin.resume();
process.stdin.on('end', () => {
  void stack.stop().then(() => process.exit(0));
});

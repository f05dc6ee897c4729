// Starts threads without end → no more than its limit run
import { attack } from '../attack.ts';

export default attack(async ({ box, run }) => {
  const { text, ended } = await run(
    await box('python', { memory: 512 }),
    `
import threading, time
threading.stack_size(65536)
started = 0
try:
    for _ in range(400):
        threading.Thread(target=time.sleep, args=(5,), daemon=True).start(); started += 1
except RuntimeError: pass
print(started)`,
  );
  return { effect: Number(text) > 40, observed: `${text.trim()} threads, ${ended}` };
});

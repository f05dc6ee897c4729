// Fills /tmp, which is memory of the machine → no more than its size
import { attack } from '../attack.ts';

export default attack(async ({ box, run }) => {
  const { text } = await run(
    await box('python', { disk: 4 }),
    `
written = 0
try:
    for number in range(64):
        with open('/tmp/%d' % number, 'wb', 0) as file: written += file.write(b'x' * (1 << 20))
except OSError: pass
print(written >> 20)`,
  );
  return { effect: Number(text) > 4, observed: `${text.trim()} MiB written` };
});

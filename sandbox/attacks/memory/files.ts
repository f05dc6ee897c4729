// Makes empty files without end: a file costs the kernel memory that no size counts → no more than a thousand
import { attack } from '../attack.ts';

export default attack(async ({ box, run }) => {
  const { text } = await run(
    await box('python'),
    `
made = 0
try:
    for number in range(5000): os.close(os.open('/tmp/%d' % number, os.O_CREAT | os.O_WRONLY)); made += 1
except OSError: pass
print(made)`,
  );
  return { effect: Number(text) > 1100, observed: `${text.trim()} files` };
});

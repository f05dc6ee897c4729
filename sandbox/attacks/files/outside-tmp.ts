// Writes wherever it may beside /tmp, where nothing is bounded → not one byte is written
import { attack } from '../attack.ts';

export default attack(async ({ box, run }) => {
  const { text } = await run(
    await box('python'),
    `
written = 0
for folder in ('/', '/dev', '/dev/shm', '/app', '/app/inside', '/etc', '/bin', '/lib', '/lib64', '/usr', '/usr/lib', '/var', '/run', '/proc', '/sys', '/python'):
    for number in range(8):
        try:
            with open('%s/x%d' % (folder, number), 'wb') as file: written += file.write(b'x' * 2000000)
        except OSError: break
print(written)`,
  );
  return { effect: text.trim() !== '0', observed: `${text.trim()} bytes written beside /tmp` };
});

// One box watches by inotify a file that all boxes are bound to, another opens it: a bit a time, and a way to see what others import → no event comes
import { attack } from '../attack.ts';

export default attack(async ({ box, run }) => {
  const [one, other] = await Promise.all([box('python'), box('python')]);
  await run(
    one,
    `
watcher = libc.inotify_init1(0o4000)
print(watcher, libc.inotify_add_watch(watcher, b'/app/inside/python/kernel.py', 0xfff))`,
  );
  await run(other, `open('/app/inside/python/kernel.py').read()`);
  const { text } = await run(one, `print(tried(lambda: len(os.read(watcher, 1000))))`);
  return { effect: Number(text) > 0, observed: text.trim() };
});

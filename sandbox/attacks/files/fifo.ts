// Makes a FIFO for somebody to open and hang on → none is made
import { attack } from '../attack.ts';

export default attack(async ({ python }) => {
  const said = await python(`print(tried(lambda: os.mkfifo('/tmp/fifo')), os.path.exists('/tmp/fifo'))`);
  return { effect: said.endsWith('True'), observed: said };
});

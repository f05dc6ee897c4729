// Prints one line that never ends, by the descriptor instead of the console → the page is sent little, then the cell is stopped for it
import { attack } from '../attack.ts';

export default attack(async ({ site }) => {
  const { visitor } = await site();
  const eve = await visitor();
  const { ended, text } = await eve.run("import os\nwhile True: os.write(1, b'x' * 65536)", 'python');
  return {
    effect: text.length > 300_000 || ended.report?.outcome.limit !== 'output',
    observed: `${text.length} characters, then ${ended.report?.outcome.class} ${ended.report?.outcome.limit}`,
  };
});

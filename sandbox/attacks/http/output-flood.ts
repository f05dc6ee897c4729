// Prints without end → the page is sent little, then the cell is stopped for it
import { attack } from '../attack.ts';

export default attack(async ({ site }) => {
  const { visitor } = await site();
  const eve = await visitor();
  const { ended, text } = await eve.run("for (;;) console.log('x'.repeat(1000));");
  return {
    effect: text.length > 300_000 || ended.report?.outcome.limit !== 'output',
    observed: `${text.length} characters, then ${ended.report?.outcome.class} ${ended.report?.outcome.limit}`,
  };
});

// Runs and hands in code of a megabyte, for the compiler to choke on → it is refused before any box sees it
import { attack } from '../attack.ts';

export default attack(async ({ site }) => {
  const { visitor } = await site();
  const eve = await visitor();
  const { ended } = await eve.run(`console.log(${'('.repeat(60_000)}1${')'.repeat(60_000)});`);
  return { effect: ended.type !== 'refused', observed: `${ended.type} ${ended.code}` };
});

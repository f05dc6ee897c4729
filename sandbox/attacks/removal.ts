/**
 * Takes a wall away, for a control: `node --import sandbox/attacks/removal.ts …` with ATELIER_WITHOUT
 * naming a removal of removals.ts. The wall's source is edited as it is loaded, so that no program of
 * ours has a switch that could be left open. An edit that finds nothing to change is an error.
 */
import { registerHooks } from 'node:module';
import { removals } from './removals.ts';

const wall = process.env.ATELIER_WITHOUT ?? '';
const removal = removals[wall];
if (!removal) throw new Error(`no removal is called ${wall}`);

registerHooks({
  load(url, context, next) {
    const loaded = next(url, context);
    const edits = removal.edits.filter(([file]) => url.endsWith(`/${file}`));
    if (edits.length === 0 || loaded.source === undefined || loaded.source === null) return loaded;
    let source = Buffer.from(loaded.source as Uint8Array).toString();
    for (const [file, from, to] of edits) {
      if (!source.includes(from)) throw new Error(`${wall}: ${file} no longer holds « ${from} »`);
      source = source.replaceAll(from, () => to);
    }
    return { ...loaded, source };
  },
});

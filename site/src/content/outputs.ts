/** What cells showed when the course last ran them (`npm run outputs`), for readers who have not run them yet. */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Display } from '../../../runner/protocol.ts';

/** What a cell showed; `varies` when its figures change from one run to the next. */
export interface Shown {
  varies?: true;
  items: Display[];
}

/** What the cell of a page showed in TypeScript, as JSON; nothing when it is not known or not the same each time. */
export function shownIn(page: string, cell: string): string | undefined {
  const file = join(dirname(page), 'outputs.json');
  if (!existsSync(file)) return undefined;
  const shown = (JSON.parse(readFileSync(file, 'utf8')) as Record<string, Shown | null>)[cell];
  return shown && shown.items.length > 0 ? JSON.stringify(shown) : undefined;
}

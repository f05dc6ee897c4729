/** Runs cells one after the other, as one would by hand, and stops where one would. */
import type { Cell } from './cell.ts';

let stopped = true;

/** Whether a series of cells is running. */
export const isRunningAll = () => !stopped;

/** Runs these cells in order; the first that does not end as it should ends the series. */
export async function runAll(cells: Cell[]): Promise<void> {
  if (!stopped) return;
  stopped = false;
  document.dispatchEvent(new CustomEvent('atelier:run-all'));
  for (const cell of cells) {
    if (stopped) break;
    const expected = cell.dataset.expect || 'done';
    // Some cells are there to be stopped by hand; here nobody would.
    const patience = expected === 'interrupted' ? setTimeout(() => cell.stop(), 3000) : undefined;
    const end = await cell.run();
    clearTimeout(patience);
    if (
      end !== 'done' &&
      !(expected === 'error' && end === 'code-error') &&
      !(expected === 'interrupted' && end === 'interrupted')
    ) {
      cell.scrollIntoView({ block: 'center' });
      break;
    }
  }
  stopped = true;
  document.dispatchEvent(new CustomEvent('atelier:run-all'));
}

/** Stops the series and the cell that runs. */
export function stopAll(cells: Cell[]): void {
  stopped = true;
  for (const cell of cells) cell.stop();
}

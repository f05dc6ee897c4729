/** The lesson the page shows: its state on the server, and its cells in order. */
import type { Fault, KeptOutput, LessonState } from '../../../runner/protocol.ts';
import type { Cell } from './cell.ts';
import { mergeDrafts, sendUnsaved } from './drafts.ts';
import { link } from './socket.ts';

/** What the learner did in this lesson has arrived: every cell looks for its own. `detail` is the state. */
export const lessonLoaded = 'atelier:lesson-loaded';

/** Unsaved drafts were sent again after a loss of the link; `detail` counts them. */
export const draftsJoined = 'atelier:drafts-joined';

/** What the bench has set for every run of this lesson. */
export const settings: { roundTripMs: number; fault: Fault } = { roundTripMs: 0, fault: 'none' };

/** The id of the lesson or lab on this page, or an empty string. */
export const lessonId = document.documentElement.dataset.lesson ?? '';

let outputs: KeptOutput[] = [];
let counter = 0;

/** The number of the next run, as notebooks count them. */
export const nextExecution = () => ++counter;

/** What a cell showed when it was last run, and its place among the lesson's runs. */
export function keptOutput(cell: string, language: string): (KeptOutput & { execution: number }) | null {
  const index = outputs.findIndex((output) => output.cell === cell && output.language === language);
  return index < 0 ? null : { ...outputs[index], execution: index + 1 };
}

/** Every cell of the page, in reading order. */
export const cellsOfPage = () => [...document.querySelectorAll<Cell>('atelier-cell')];

/** Joins the page's lesson, when it has one that runs. */
export function enterPage(): void {
  if (!lessonId || !document.querySelector('atelier-bench')) return;
  link.watch((state) => {
    if (state.at === 'open') void load();
  });
  link.join(lessonId);
}

async function load(): Promise<void> {
  const sent = sendUnsaved(lessonId);
  if (sent > 0) document.dispatchEvent(new CustomEvent(draftsJoined, { detail: sent }));
  const room = document.querySelector('atelier-lab') ? 'labs' : 'lessons';
  const response = await fetch(`/api/${room}/${lessonId}`);
  if (!response.ok) return;
  const state = (await response.json()) as LessonState & { outputs?: KeptOutput[] };
  mergeDrafts(lessonId, state.drafts);
  outputs = (state.outputs ?? []).toSorted((a, b) => a.at - b.at);
  counter = Math.max(counter, outputs.length);
  document.dispatchEvent(new CustomEvent(lessonLoaded, { detail: state }));
}

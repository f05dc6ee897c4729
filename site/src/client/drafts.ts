/** The learner's own versions of cells: kept here at each keystroke, on the server as soon as it can be reached. */
import type { Language, LessonState } from '../../../runner/protocol.ts';
import { link } from './socket.ts';

/** A kept version. `saved` tells whether the server has it; `basis` is the course's code it started from. */
export interface Draft {
  code: string;
  revision: number;
  basis: string;
  saved: boolean;
}

const key = (lesson: string, cell: string, language: Language) =>
  `atelier:draft:${lesson}:${cell}:${language}`;

/** The draft of a cell, if there is one. */
export function readDraft(lesson: string, cell: string, language: Language): Draft | null {
  const text = localStorage.getItem(key(lesson, cell, language));
  return text === null ? null : (JSON.parse(text) as Draft);
}

/** How long the keyboard must rest before the server is told. */
const restMs = 300;
const resting = new Map<string, { timer: ReturnType<typeof setTimeout>; send: () => void }>();

/** Keeps a version: here at once, on the server when the keyboard rests and the link is open. */
export function keepDraft(
  lesson: string,
  cell: string,
  language: Language,
  code: string,
  basis: string,
): void {
  const revision = (readDraft(lesson, cell, language)?.revision ?? 0) + 1;
  write(lesson, cell, language, { code, revision, basis, saved: false });
  const name = key(lesson, cell, language);
  clearTimeout(resting.get(name)?.timer);
  const send = () => {
    resting.delete(name);
    link.send({ type: 'draft', lesson, cell, language, code, revision, basis });
  };
  resting.set(name, { timer: setTimeout(send, restMs), send });
}

addEventListener('pagehide', () => {
  for (const { send } of resting.values()) send();
});

/** Forgets a version: the course's code stands again. */
export function forgetDraft(lesson: string, cell: string, language: Language): void {
  const name = key(lesson, cell, language);
  clearTimeout(resting.get(name)?.timer);
  resting.delete(name);
  localStorage.removeItem(name);
  link.send({ type: 'forget-draft', lesson, cell, language });
}

/** Joins the server's drafts with those kept here: an unsaved one here was written later and wins. */
export function mergeDrafts(lesson: string, drafts: LessonState['drafts']): void {
  for (const { cell, language, code, revision, basis } of drafts) {
    const here = readDraft(lesson, cell, language);
    if (here && !here.saved && here.revision >= revision) continue;
    if (here && here.revision > revision) continue;
    if (here && !here.saved) {
      // Written elsewhere since, and here without the link: what was typed here last is what the learner sees.
      write(lesson, cell, language, { ...here, revision: revision + 1 });
      continue;
    }
    write(lesson, cell, language, { code, revision, basis, saved: true });
  }
}

/** Sends what the server has not confirmed; returns how many drafts that was. */
export function sendUnsaved(lesson: string): number {
  let sent = 0;
  for (const name of Object.keys(localStorage)) {
    if (!name.startsWith(`atelier:draft:${lesson}:`)) continue;
    const [cell, language] = name.split(':').slice(3) as [string, Language];
    const draft = readDraft(lesson, cell, language);
    if (!draft || draft.saved) continue;
    const { code, revision, basis } = draft;
    if (link.send({ type: 'draft', lesson, cell, language, code, revision, basis })) sent++;
  }
  return sent;
}

link.on('saved', ({ lesson, cell, revision }) => {
  for (const language of ['typescript', 'python', 'go'] as const) {
    const draft = readDraft(lesson, cell, language);
    if (draft?.revision === revision) write(lesson, cell, language, { ...draft, saved: true });
  }
});

function write(lesson: string, cell: string, language: Language, draft: Draft): void {
  localStorage.setItem(key(lesson, cell, language), JSON.stringify(draft));
}

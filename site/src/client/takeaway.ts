/** What is taken home carries the learner's own versions of the cells. */
import { strFromU8, strToU8, unzipSync, zipSync } from 'fflate';
import type { Language } from '../../../runner/protocol.ts';
import { makeDenos } from './deno.ts';
import { h } from './dom.ts';
import { readDraft } from './drafts.ts';
import { lessonId } from './lesson.ts';

const languages: Record<string, Language> = { ts: 'typescript', py: 'python', go: 'go' };

/** Downloads what a link leads to, with the learner's code in it. */
export async function takeAway(link: HTMLAnchorElement): Promise<void> {
  const response = await fetch(link.href);
  if (!response.ok) throw new Error(String(response.status));
  const bytes = new Uint8Array(await response.arrayBuffer());
  const mine = link.download.endsWith('.zip') ? withMine(bytes) : noteWithMine(bytes);
  const address = URL.createObjectURL(new Blob([mine], { type: response.headers.get('content-type') ?? '' }));
  h('a', { href: address, download: link.download }).click();
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
}

/** An archive, its cells and its notebooks with the learner's code. */
function withMine(bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  const files = unzipSync(bytes);
  for (const [path, content] of Object.entries(files)) {
    const [, cell, extension] = /^cells\/\w+\/\d+-(.+)\.(ts|py|go)$/.exec(path) ?? [];
    const draft = cell && extension ? readDraft(lessonId, cell, languages[extension]) : null;
    if (draft) files[path] = strToU8(`${draft.code}\n`);
    else if (path.endsWith('.ipynb')) files[path] = noteWithMine(content);
  }
  return zipSync(files);
}

/** A notebook with the learner's code in its cells. */
function noteWithMine(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const notebook = JSON.parse(strFromU8(bytes)) as {
    metadata: { kernelspec: { language: Language } };
    cells: { cell_type: string; metadata: { atelier?: { cell: string } }; source: string }[];
  };
  const { language } = notebook.metadata.kernelspec;
  for (const cell of notebook.cells) {
    const draft = cell.metadata.atelier ? readDraft(lessonId, cell.metadata.atelier.cell, language) : null;
    if (draft) cell.source = draft.code;
  }
  if (language === 'typescript') makeDenos(notebook.cells);
  return strToU8(JSON.stringify(notebook, null, 1));
}

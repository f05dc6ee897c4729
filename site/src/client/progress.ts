/** Where the learner is: the last page read, cells run, labs passed. */
import type { Progress } from '../../../runner/protocol.ts';
import { fr } from '../texts/fr.ts';
import { h } from './dom.ts';

const lastPage = 'atelier:last-page';
/** Set by the link once the server knows this learner. */
const knownLearner = 'atelier:learner';

/** Remembers a lesson's page, for « Reprendre ». */
export function rememberPage(): void {
  if (!document.documentElement.dataset.lesson) return;
  const title = document.title.replace(` — ${fr.site.name}`, '');
  localStorage.setItem(lastPage, JSON.stringify({ url: location.pathname, title }));
}

/** `<atelier-resume>`: a link to the page where one stopped. */
export class Resume extends HTMLElement {
  connectedCallback(): void {
    const text = localStorage.getItem(lastPage);
    if (!text) return;
    const { url, title } = JSON.parse(text) as { url: string; title: string };
    if (!url.startsWith('/')) return;
    this.append(h('strong', {}, fr.site.resume), h('a', { href: url }, title));
    this.hidden = false;
  }
}

/** Shows what the server knows was done, on maps and menus. Who never opened a lesson has no progress to ask for. */
export async function showProgress(): Promise<void> {
  const places = document.querySelectorAll('[data-progress], a[data-lab]');
  if (places.length === 0 || !localStorage.getItem(knownLearner)) return;
  const response = await fetch('/api/progress').catch(() => null);
  if (!response?.ok) return;
  const progress = (await response.json()) as Progress;
  for (const { lesson, cellsDone } of progress.lessons) {
    for (const place of document.querySelectorAll(`[data-progress="${CSS.escape(lesson)}"]`))
      place.textContent = fr.site.cellsDone(cellsDone.length);
  }
  for (const { lab, solved } of progress.labs) {
    if (!solved) continue;
    for (const place of document.querySelectorAll(`a[data-lab="${CSS.escape(lab)}"]`))
      place.setAttribute('data-done', '');
  }
}

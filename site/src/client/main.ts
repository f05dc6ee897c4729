/** What every page runs. Panels, editor, plots, search and labs are loaded when they are first used. */
import { Bench } from './bench.ts';
import { Cell } from './cell.ts';
import { Dock } from './dock.ts';
import { isWriting } from './dom.ts';
import { FileCode } from './file.ts';
import { enterPage } from './lesson.ts';
import { followReading } from './outline.ts';
import { PlotPlace } from './plotplace.ts';
import { rememberPage, Resume, showProgress } from './progress.ts';
import { Theme } from './theme.ts';

customElements.define('atelier-theme', Theme);
customElements.define('atelier-resume', Resume);
customElements.define('atelier-file', FileCode);
customElements.define('atelier-bench', Bench);
customElements.define('atelier-cell', Cell);
customElements.define('atelier-plot', PlotPlace);
customElements.define('atelier-dock', Dock);
if (document.querySelector('atelier-lab')) void import('./lab.ts');

const search = () => void import('./search.ts').then(({ openSearch }) => openSearch());
const help = () => void import('./help.ts').then(({ openHelp }) => openHelp());

document.addEventListener('click', (event) => {
  const link =
    event.target instanceof Element && event.target.closest<HTMLAnchorElement>('a[data-take-away]');
  if (!link) return;
  event.preventDefault();
  // Without the learner's code rather than not at all.
  void import('./takeaway.ts').then(({ takeAway }) => takeAway(link)).catch(() => location.assign(link.href));
});
document.querySelector('[data-open-search]')?.addEventListener('click', search);
document.querySelector('[data-open-help]')?.addEventListener('click', help);
addEventListener('keydown', (event) => {
  if (
    (event.ctrlKey || event.metaKey) &&
    event.key.toLowerCase() === 'k' &&
    !(event.target as HTMLElement).closest('.xterm')
  ) {
    event.preventDefault();
    search();
  } else if (event.key === '?' && !isWriting(event.target)) {
    help();
  }
});

// On a phone the course menu starts closed.
if (matchMedia('(max-width: 68rem)').matches)
  document.querySelector('.sidebar-fold')?.removeAttribute('open');
else document.querySelector('.sidebar [aria-current="page"]')?.scrollIntoView({ block: 'nearest' });

followReading();
rememberPage();
enterPage();
void showProgress();

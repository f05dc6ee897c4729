/** The keys of the learner's Redis: searched by motif, opened one by one. */
import type { KeySummary } from '../../../runner/protocol.ts';
import { fr } from '../texts/fr.ts';
import type { Panel } from './dock.ts';
import { h } from './dom.ts';
import { icon } from './icons.ts';
import { content, facts } from './keycontent.ts';
import { lessonId } from './lesson.ts';
import { link } from './socket.ts';

/** Makes the panel. */
export function openExplorer(): Panel {
  const pattern = h('input', {
    type: 'search',
    class: 'keys-pattern',
    value: '*',
    'aria-label': fr.keys.pattern,
    spellcheck: 'false',
  });
  const refresh = h(
    'button',
    { type: 'button', class: 'icon-button', 'aria-label': fr.keys.refresh, title: fr.keys.refresh },
    icon('restart'),
  );
  const total = h('p', { class: 'keys-total', role: 'status' });
  const list = h('ul', { class: 'keys-list' });
  const more = h('button', { type: 'button', class: 'fold', hidden: true }, fr.keys.more);
  const search = h('form', { class: 'keys-search', role: 'search' }, pattern, refresh);
  const element = h('div', { class: 'keys' }, search, total, list, more);
  let request = '';
  let cursor = '0';
  let visible = false;

  const ask = (from: string) => {
    if (from === '0') list.replaceChildren();
    request = crypto.randomUUID();
    const sent = link.send({
      type: 'keys',
      lesson: lessonId,
      request,
      pattern: pattern.value || '*',
      cursor: from,
    });
    if (!sent) total.textContent = fr.keys.unanswered;
  };
  const reload = () => ask('0');

  search.onsubmit = (event) => {
    event.preventDefault();
    reload();
  };
  pattern.oninput = () => reload();
  refresh.onclick = reload;
  more.onclick = () => ask(cursor);
  link.on('keys', (message) => {
    if (message.request !== request) return;
    cursor = message.cursor;
    more.hidden = cursor === '0';
    const sorted = message.keys.toSorted((a, b) => a.key.localeCompare(b.key, 'fr', { numeric: true }));
    list.append(...sorted.map(entry));
    total.textContent =
      list.childElementCount === 0 && cursor === '0' ? fr.keys.empty : fr.keys.total(message.total);
  });
  link.on('refused', (message) => {
    if (message.request !== request) return;
    total.textContent =
      message.code === 'not-started' ? fr.keys.closed : `${message.message.fact} ${message.message.next}`;
  });
  // After a run the keys are no longer what they were.
  link.on('ended', (message) => visible && message.lesson === lessonId && reload());
  link.watch((state) => visible && state.at === 'open' && reload());

  return {
    element,
    shown() {
      visible = true;
      reload();
    },
    hidden() {
      visible = false;
    },
  };
}

function entry(key: KeySummary): HTMLElement {
  const details = h('details', {}, h('summary', {}, h('code', {}, key.key), facts(key)));
  details.addEventListener('toggle', () => {
    if (!details.open) return;
    const request = crypto.randomUUID();
    const place = h('div', { class: 'keys-content' });
    details.querySelector('.keys-content')?.remove();
    details.append(place);
    const stop = link.on('key', (message) => {
      if (message.request !== request) return;
      stop();
      place.replaceChildren(message.key ? content(message.key.content) : h('p', {}, fr.keys.gone));
    });
    link.send({ type: 'key', lesson: lessonId, request, key: key.key });
  });
  return h('li', {}, details);
}

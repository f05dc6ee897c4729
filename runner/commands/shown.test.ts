import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ServerMessage } from '../protocol.ts';
import type { CellRun } from './lesson-run.ts';
import { keep, kindOf, shownBy } from './shown.ts';

const said = { lesson: '16-05', cell: 'c', run: 'r' };
/** A run that printed these texts and lasted so long. */
function run(texts: string[], durationMs = 1): CellRun {
  const heard = texts.map((text): ServerMessage => ({ type: 'output', ...said, stream: 'stdout', text }));
  return { outcome: { class: 'done' }, durationMs, heard };
}

test('what is printed is one text, cut where a page must stop', () => {
  assert.deepEqual(shownBy(run(['un\n', '\u001b[33mdeux\u001b[39m\n'])), [
    { kind: 'text', text: 'un\ndeux' },
  ]);
  const [long] = shownBy(run(['ligne\n'.repeat(40)]));
  assert.ok(long?.kind === 'text' && long.text.endsWith('ligne\n…') && long.text.split('\n').length === 13);
});

test('a plot keeps its names and none of its points; an error is what the reader would read', () => {
  const plot = {
    kind: 'plot',
    title: 'T',
    x: 'x',
    y: 'y',
    series: [{ name: 'a', points: [[1, 2]] }],
  } as const;
  const heard = [{ type: 'display', ...said, item: structuredClone(plot) }] as unknown as ServerMessage[];
  const error = { name: 'ReplyError', message: 'NOSCRIPT', stack: [] };
  assert.deepEqual(shownBy({ outcome: { class: 'code-error', error }, durationMs: 1, heard }), [
    { ...plot, series: [{ name: 'a', points: [] }] },
    { kind: 'text', text: 'ReplyError: NOSCRIPT' },
  ]);
});

test('figures, names drawn at random and the order of JSON paths are no difference in kind; words are', () => {
  const kind = (text: string) => kindOf(shownBy(run([text])));
  assert.deepEqual(kind('12 admises en 3,4 ms'), kind('1 200 admises en 0.1 ms'));
  assert.deepEqual(kind('session:m2-k3Z6rWazRQJL5ZSR6Zw'), kind('session:7alGZ3zS-aeZ9_wVS7eBVQ'));
  assert.deepEqual(
    kind('{"theme":["sombre"],"devise":["EUR"]}'),
    kind('{"devise":["EUR"],"theme":["sombre"]}'),
  );
  assert.deepEqual(kind("{ compteur: '20' }"), kind('{ compteur: null }'));
  assert.notDeepEqual(kind('12 admises'), kind('12 refusées'));
  assert.notDeepEqual(kind('un\ndeux'), kind('un'));
});

test('runs of one kind keep the quickest and say whether its figures vary; others keep nothing', () => {
  const text = (words: string) => [{ kind: 'text', text: words }];
  assert.deepEqual(keep([run(['3 ms'], 9), run(['1 ms'], 2)]), { varies: true, items: text('1 ms') });
  assert.deepEqual(keep([run(['oui'], 9), run(['oui'], 2)]), { items: text('oui') });
  assert.equal(keep([run(['oui']), run(['non'])]), null);
});

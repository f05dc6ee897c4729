import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Kept } from './kept.ts';
import { platformReport } from './outcome.ts';
import type { TraceCommand } from './protocol.ts';

const size = (kept: Kept, report: ReturnType<Kept['fit']>) =>
  Buffer.byteLength(JSON.stringify([kept.items, report]));

test('output is kept in order, chunks of one stream together', () => {
  const kept = new Kept(10_000);
  kept.add({ type: 'output', stream: 'stdout', text: 'a' });
  kept.add({ type: 'output', stream: 'stdout', text: 'b' });
  kept.add({ type: 'display', item: { kind: 'text', text: 'd' } });
  kept.add({ type: 'output', stream: 'stderr', text: 'e', truncated: true });
  assert.deepEqual(kept.items, [
    { type: 'output', stream: 'stdout', text: 'ab' },
    { type: 'display', item: { kind: 'text', text: 'd' } },
    { type: 'output', stream: 'stderr', text: 'e', truncated: true },
  ]);
});

test('whatever a run shows, what is kept of it stays within its limit', () => {
  const limit = 64 * 1024;
  const kept = new Kept(limit);
  for (let n = 0; n < 10_000; n += 1) kept.add({ type: 'output', stream: 'stdout', text: 'é'.repeat(50) });
  kept.add({ type: 'display', item: { kind: 'text', text: 'x'.repeat(limit) } });
  assert.deepEqual(kept.items.at(-1), { type: 'output', stream: 'stderr', text: '', truncated: true });
  const command = {
    name: 'GET',
    text: 'GET k'.padEnd(200, 'k'),
    keys: [],
    reply: 'r'.repeat(200),
  } as unknown as TraceCommand;
  const report = platformReport('x');
  report.trace.list = Array.from({ length: 2_000 }, () => command);
  report.trace.findings = [{ id: 'n-plus-one', data: {}, commands: [0, 1_999] }];
  report.outcome = { class: 'done', value: { kind: 'text', text: 'v'.repeat(1_000) } };
  const fitted = kept.fit(report);
  assert.ok(size(kept, fitted) <= limit * 1.05, `${size(kept, fitted)} bytes`);
  assert.ok(fitted.trace.list.length > 0 && fitted.trace.list.length < 2_000);
  assert.deepEqual(fitted.trace.findings[0]?.commands, [0], 'a finding names no command that was left out');
  assert.equal(report.trace.list.length, 2_000, 'what pages are sent is not cut');
});

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import pg from 'pg';
import type { Verdict } from '../protocol.ts';
import { startCluster, type Cluster } from './cluster.ts';
import { openStore, type Store } from './store.ts';

const verdict = (over: Partial<Verdict>): Verdict => ({
  class: 'passed',
  checks: [],
  points: 10,
  outOf: 10,
  cost: null,
  latency: null,
  phases: {},
  versions: { lab: '1', checker: '1', server: '1', driver: 'local' },
  seed: 7,
  ...over,
});

for (const engine of ['sqlite', 'postgresql'] as const) {
  describe(`the store on ${engine}`, () => {
    let folder: string;
    let cluster: Cluster | undefined;
    let store: Store;
    let location: string;

    before(async () => {
      folder = mkdtempSync(join(tmpdir(), 'atelier-store-'));
      if (engine === 'postgresql') cluster = await startCluster();
      location = cluster?.url ?? join(folder, 'kept', 'atelier.sqlite');
      store = await openStore(location);
      assert.equal(store.engine, engine);
      await store.learners.add('ada', 'hash-of-ada', 1000);
      await store.learners.add('bob', 'hash-of-bob', 1000);
    });

    after(async () => {
      await store?.close();
      await cluster?.stop();
      rmSync(folder, { recursive: true, force: true });
    });

    test('finds a learner by the hash of their token alone', async () => {
      assert.deepEqual(
        { ...(await store.learners.byToken('hash-of-ada')) },
        {
          id: 'ada',
          token: 'hash-of-ada',
          created: 1000,
          seen: 1000,
        },
      );
      assert.equal(await store.learners.byToken('ada'), undefined);
      await assert.rejects(store.learners.add('eve', 'hash-of-ada', 1));
      assert.equal(await store.learners.count(), 2);
    });

    test('keeps the draft of the later revision, whichever comes last', async () => {
      const place = { learner: 'ada', lesson: '16-05', cell: 'c1', language: 'typescript' } as const;
      assert.equal(await store.drafts.save(place, { code: 'un', revision: 1, basis: 'b', at: 1 }), 1);
      assert.equal(await store.drafts.save(place, { code: 'trois', revision: 3, basis: 'b', at: 2 }), 3);
      assert.equal(await store.drafts.save(place, { code: 'deux', revision: 2, basis: 'b', at: 3 }), 3);
      await store.drafts.save(
        { ...place, language: 'python' },
        { code: 'p', revision: 1, basis: 'b', at: 4 },
      );
      assert.deepEqual(await store.drafts.of('ada', '16-05'), [
        { cell: 'c1', language: 'python', code: 'p', revision: 1, basis: 'b', at: 4 },
        { cell: 'c1', language: 'typescript', code: 'trois', revision: 3, basis: 'b', at: 2 },
      ]);
      assert.deepEqual(await store.drafts.of('bob', '16-05'), []);
      assert.equal(await store.drafts.count('ada'), 2);
      await store.drafts.forget(place);
      assert.deepEqual(
        (await store.drafts.of('ada', '16-05')).map((draft) => draft.language),
        ['python'],
      );
    });

    test('keeps what a cell last showed, emoji and all', async () => {
      const place = { learner: 'ada', lesson: '16-05', cell: 'c1', language: 'typescript' } as const;
      const kept = {
        cell: 'c1',
        language: 'typescript',
        code: "console.log('é 🎉')",
        items: [{ type: 'output', stream: 'stdout', text: 'é 🎉\n' }],
        report: {
          outcome: { class: 'done' },
          durationMs: 1.5,
          trace: {
            roundTrips: 0,
            commands: 0,
            errors: 0,
            redisMs: 0,
            bytesIn: 0,
            bytesOut: 0,
            connections: 0,
            list: [],
            totals: [],
            findings: [],
          },
          keyspace: { created: [], changed: [], deleted: [], more: 0 },
          phases: {},
        },
        message: null,
        findings: [],
        at: 10,
      } satisfies Parameters<Store['outputs']['keep']>[1];
      await store.outputs.keep(place, kept);
      await store.outputs.keep(place, { ...kept, at: 9, code: 'an older run that was written late' });
      assert.deepEqual(await store.outputs.of('ada', '16-05'), [kept]);
      await store.outputs.keep(place, { ...kept, at: 11 });
      assert.equal((await store.outputs.of('ada', '16-05'))[0]?.at, 11);
    });

    test('keeps attempts, the verdict that stands, and progress', async () => {
      const attempt = { learner: 'ada', lab: '16-05a', language: 'typescript', code: 'x' } as const;
      await store.attempts.add({ ...attempt, id: 'first', at: 100 });
      await store.attempts.add({ ...attempt, id: 'second', at: 200 });
      await assert.rejects(
        store.attempts.add({ ...attempt, id: 'first', at: 300 }),
        'an attempt is never replaced',
      );
      await store.attempts.judge('first', 1, verdict({ class: 'to-review', points: 4 }), true, 110);
      await store.attempts.judge('second', 1, verdict({}), false, 210);
      assert.equal(
        await store.attempts.solved('ada', '16-05a'),
        false,
        'a verdict that may still change solves nothing',
      );
      assert.deepEqual(
        (await store.attempts.unfinished(0)).map((row) => row.id),
        ['second'],
      );
      await store.attempts.judge('second', 1, verdict({ points: 9 }), true, 220);
      assert.equal(await store.attempts.solved('ada', '16-05a'), true);
      assert.equal(await store.attempts.solved('bob', '16-05a'), false);
      const listed = await store.attempts.of('ada', '16-05a');
      assert.deepEqual(
        listed.map((row) => [row.id, row.standing?.verdict.class, row.standing?.verdict.points]),
        [
          ['second', 'passed', 9],
          ['first', 'to-review', 4],
        ],
      );
      await store.attempts.judge('first', 2, verdict({}), true, 400);
      assert.deepEqual(
        (await store.attempts.find('first'))?.standing?.number,
        2,
        'graded again, the new verdict stands',
      );
      assert.equal(await store.attempts.find('none'), null);

      await store.progress.cellDone('ada', '16-05', 'c1', 5);
      await store.progress.cellDone('ada', '16-05', 'c2', 6);
      await store.progress.cellDone('ada', '16-05', 'c1', 7);
      const progress = await store.progress.of('ada');
      assert.deepEqual(progress.lessons, [{ lesson: '16-05', cellsDone: ['c2', 'c1'], at: 7 }]);
      assert.deepEqual(progress.labs, [{ lab: '16-05a', solved: true, attempts: 2, at: 200 }]);
      assert.deepEqual(await store.progress.of('bob'), { lessons: [], labs: [] });
    });

    test('remembers the highest hint opened', async () => {
      assert.equal(await store.hints.level('ada', '16-05a'), 0);
      await store.hints.opened('ada', '16-05a', 2, 1);
      await store.hints.opened('ada', '16-05a', 1, 2);
      await store.hints.opened('ada', '16-05a', 2, 3);
      assert.equal(await store.hints.level('ada', '16-05a'), 2);
    });

    test('forgets idle learners, never one who handed in a lab', async () => {
      await store.learners.add('idle', 'hash-of-idle', 1);
      assert.equal(await store.learners.forgetIdle(5000), 2);
      assert.notEqual(await store.learners.byToken('hash-of-ada'), undefined);
      assert.equal(await store.learners.byToken('hash-of-idle'), undefined);
    });

    if (engine === 'postgresql')
      test('outlives a database that closes its idle connections', async () => {
        const other = new pg.Client({ connectionString: location });
        await other.connect();
        const closed = await other.query(
          'select pg_terminate_backend(pid) from pg_stat_activity where pid <> pg_backend_pid() and datname = current_database()',
        );
        await other.end();
        assert.ok(closed.rowCount! > 0);
        assert.equal((await store.attempts.of('ada', '16-05a')).length, 2);
      });

    test('opens again with all that it kept', async () => {
      await store.close();
      store = await openStore(location);
      assert.equal((await store.attempts.of('ada', '16-05a')).length, 2);
    });
  });
}

test('a killed process loses nothing it had said was kept (SQLite)', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'atelier-store-'));
  try {
    const program = `
      import { openStore } from ${JSON.stringify(join(import.meta.dirname, 'store.ts'))};
      const store = await openStore(process.argv[1]);
      await store.learners.add('ada', 'h', 1);
      for (let i = 1; ; i++) {
        await store.drafts.save({ learner: 'ada', lesson: 'l', cell: 'c', language: 'go' }, { code: 'x'.repeat(9000), revision: i, basis: '', at: i });
        process.stdout.write(i + '\\n');
      }`;
    const file = join(folder, 'atelier.sqlite');
    const child = spawn(process.execPath, ['--input-type=module', '-e', program, file]);
    let said = '';
    child.stdout.setEncoding('utf8');
    for await (const text of child.stdout) {
      said += text as string;
      if (said.split('\n').length > 50) break;
    }
    const gone = once(child, 'exit');
    child.kill('SIGKILL');
    await gone;
    const store = await openStore(file);
    const [draft] = await store.drafts.of('ada', 'l');
    await store.close();
    const last = Number(said.trimEnd().split('\n').at(-1));
    assert.ok(
      draft && draft.revision >= last,
      `revision ${last} was acknowledged, ${draft?.revision} is kept`,
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

/**
 * `npm run grade -- LAB FILE [--json] [--junit FILE] [--server URL [--report FILE]]`: hands a file in as a
 * new learner and prints the verdict that the page would show. `--report` keeps the server's signed word.
 * Exit: 0 passed, 1 to review or code error, 2 limit, 3 platform, 4 inconclusive.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import type { Verdict } from '../host/protocol.ts';
import { languageOf } from '../labs.ts';
import type { ShownVerdict } from '../protocol.ts';
import { OURS, readArguments } from './arguments.ts';
import { Client } from './client.ts';
import { junit } from './junit.ts';
import { startStack } from './stack.ts';

const EXIT: Record<Verdict['class'], number> = {
  passed: 0,
  'to-review': 1,
  'code-error': 1,
  limit: 2,
  platform: OURS,
  inconclusive: 4,
};
const MARKS = { passed: '✓', failed: '✗', 'not-checked': '·' };

/** The server has limits of its own; the queue for the measure of latency may be long. */
const PATIENCE_MS = 3_600_000;

const usage = 'npm run grade -- LAB FILE [--json] [--junit FILE] [--server URL [--report FILE]]';
const given = readArguments(usage, 2);
process.exitCode = await main(given.names[0], given.names[1]);

async function main(lab: string, file: string): Promise<number> {
  const language = languageOf(file);
  if (language === null) {
    console.error(`${file}: the extension must be .ts, .py or .go`);
    return OURS;
  }
  if (given.report !== undefined && given.server === undefined) {
    console.error('--report needs --server: nobody signs what was graded on their own machine');
    return OURS;
  }
  let stack;
  try {
    const code = readFileSync(file, 'utf8');
    stack = given.server === undefined ? await startStack({ cellHosts: 1 }) : null;
    const client = await Client.connect(stack?.address ?? given.server!);
    client.send({ type: 'verify', lab, language, code });
    const answer = await Promise.race([
      client.hear('verdict', (message) => message.final, PATIENCE_MS),
      client.hear('refused', () => true, PATIENCE_MS),
    ]);
    if (answer.type === 'refused') {
      await client.close();
      const tooLarge = answer.code === 'code-too-large' || answer.code === 'message-too-large';
      const verdict = {
        class: tooLarge ? ('limit' as const) : ('platform' as const),
        checks: [],
        cost: null,
      };
      if (given.json)
        console.log(
          JSON.stringify({ ...verdict, latency: null, phases: {}, message: answer.message }, null, 2),
        );
      else console.error(`${answer.message.fact} ${answer.message.next}`);
      return EXIT[verdict.class];
    }
    if (given.report !== undefined) {
      const signed = await client.get(`/api/attempts/${answer.attempt}/report`);
      if (!signed.ok) throw new Error(`the server signed no report: ${await signed.text()}`);
      const { report } = (await signed.json()) as { report: string };
      writeFileSync(given.report, `${report}\n`);
    }
    print(answer.verdict);
    if (given.junit !== undefined) writeFileSync(given.junit, junit(lab, answer.verdict));
    await client.close();
    return EXIT[answer.verdict.class];
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    return OURS;
  } finally {
    await stack?.stop();
  }
}

function print(verdict: ShownVerdict): void {
  const { cost, latency, phases, message } = verdict;
  if (given.json) {
    const checks = verdict.checks.map(({ id, state, points, message: words }) => ({
      id,
      state,
      points,
      message: words,
    }));
    console.log(JSON.stringify({ class: verdict.class, checks, cost, latency, phases, message }, null, 2));
    return;
  }
  for (const check of verdict.checks) {
    console.log(`${MARKS[check.state]} ${check.title} (${number(check.points)}/${number(check.outOf)})`);
    if (check.state !== 'failed' || check.message === null) continue;
    console.log(`    ${check.message.fact}\n    ${check.message.next}`);
  }
  if (cost !== null)
    console.log(
      `allers-retours par opération : ${number(cost.roundTrips)} · commandes : ${number(cost.commands)}`,
    );
  if (latency !== null) {
    const [low, point, high] = latency.ratio.mean.map(number);
    console.log(
      `latence : ${point} fois la référence (de ${low} à ${high}), budget ${number(latency.budget)}`,
    );
  }
  console.log(`${message.fact} ${message.next}`);
}

function number(value: number): string {
  return value.toLocaleString('fr-FR', { maximumFractionDigits: 2 });
}

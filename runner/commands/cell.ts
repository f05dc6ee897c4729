/**
 * `npm run cell -- FILE [--json] [--server URL] [--lesson ID]`: runs a file as one cell of a new learner,
 * through the real server, queue, host and tap, and prints what the learner would see.
 * Exit: 0 done, 1 the code failed, 2 a limit, 3 our fault.
 */
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import type { Outcome } from '../host/protocol.ts';
import { languageOf } from '../labs.ts';
import { SCRATCH } from '../lessons.ts';
import { platformReport } from '../outcome.ts';
import type { Message, RunReport, ServerMessage } from '../protocol.ts';
import { OURS, readArguments } from './arguments.ts';
import { Client } from './client.ts';
import { startStack } from './stack.ts';

const EXIT: Record<Outcome['class'], number> = {
  done: 0,
  'code-error': 1,
  interrupted: 1,
  'kernel-ended': 1,
  limit: 2,
  platform: OURS,
};

interface Seen {
  output: string;
  report: RunReport;
  message: Message | null;
  findings: Message[];
}

const given = readArguments('npm run cell -- FILE [--json] [--server URL] [--lesson ID]', 1);
process.exitCode = await main(given.names[0]);

async function main(file: string): Promise<number> {
  const language = languageOf(file);
  if (language === null) {
    console.error(`${file}: the extension must be .ts, .py or .go`);
    return OURS;
  }
  let stack;
  try {
    const code = readFileSync(file, 'utf8');
    stack = given.server === undefined ? await startStack({ cellHosts: 1 }) : null;
    const client = await Client.connect(stack?.address ?? given.server!);
    const seen = await runCell(client, given.lesson ?? SCRATCH, basename(file), language, code);
    await client.close();
    print(seen);
    return EXIT[seen.report.outcome.class];
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    return OURS;
  } finally {
    await stack?.stop();
  }
}

async function runCell(
  client: Client,
  lesson: string,
  name: string,
  language: NonNullable<ReturnType<typeof languageOf>>,
  code: string,
): Promise<Seen> {
  const cell = name.replaceAll(/[^\p{L}\p{N}_.-]/gu, '-').replace(/^[^\p{L}\p{N}]+/u, '') || 'cellule';
  let output = '';
  client.on((message) => {
    const text = textOf(message);
    output += text;
    if (!given.json)
      (message.type === 'output' && message.stream === 'stderr' ? process.stderr : process.stdout).write(
        text,
      );
  });
  client.send({ type: 'run', lesson, cell, language, code });
  const ended = await Promise.race([
    client.hear('ended', () => true, 600_000),
    client.hear('refused', () => true, 600_000),
  ]);
  if (ended.type === 'ended') return { output, ...ended };
  return { output, report: refusedReport(ended.code, code), message: ended.message, findings: [] };
}

/** A request that was refused at the door, as an outcome: too much code is a limit, the rest is ours. */
function refusedReport(code: string, source: string): RunReport {
  const report = platformReport(code);
  if (code !== 'code-too-large' && code !== 'message-too-large') return report;
  const amount = Math.ceil(Buffer.byteLength(source) / 1024);
  return { ...report, outcome: { class: 'limit', limit: 'code', amount, unit: 'KiB' } };
}

function textOf(message: ServerMessage): string {
  if (message.type === 'output') return message.text + (message.truncated ? '\n… (tronqué)\n' : '');
  if (message.type !== 'display') return '';
  return 'text' in message.item ? `${message.item.text}\n` : `[${message.item.kind}]\n`;
}

function print({ output, report, message, findings }: Seen): void {
  const { outcome, durationMs, phases, trace, keyspace } = report;
  if (given.json) {
    console.log(JSON.stringify({ outcome, output, durationMs, phases, trace, keyspace }, null, 2));
    return;
  }
  if (outcome.class === 'done' && outcome.value !== undefined) console.log(valueText(outcome.value));
  if (outcome.class === 'code-error') {
    const { name, message: what, line, column } = outcome.error;
    console.error(
      `${name}: ${what}${line === undefined ? '' : ` (${given.names[0]}:${line}:${column ?? 1})`}`,
    );
  }
  for (const { fact, next } of [...(message === null ? [] : [message]), ...findings])
    console.error(`${fact} ${next}`);
  console.error(
    `${trace.roundTrips} allers-retours · ${trace.commands} commandes · ${durationMs.toFixed(1).replace('.', ',')} ms`,
  );
}

function valueText(value: NonNullable<Extract<Outcome, { class: 'done' }>['value']>): string {
  if (value.kind === 'tree') return value.tree.text;
  return 'text' in value ? value.text : JSON.stringify(value);
}

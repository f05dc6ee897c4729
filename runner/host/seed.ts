import { Redis } from 'ioredis';
import { words } from './tap/quote.ts';

/** A line of a seed that Redis refuses, or that is no command. */
export class SeedError extends Error {
  override name = 'SeedError';
  readonly line: number;
  constructor(line: number, why: string) {
    super(`seed, line ${line}: ${why}`);
    this.line = line;
  }
}

const together = 500;

/** Sends commands in redis-cli's syntax, one a line, as the user every learner is; `#` begins a comment. */
export async function plant(socket: string, commands: string): Promise<void> {
  const lines = commands
    .split('\n')
    .map((text, place) => ({ text: text.trim(), line: place + 1 }))
    .filter(({ text }) => text !== '' && !text.startsWith('#'));
  if (lines.length === 0) return;
  const learner = new Redis({
    path: socket,
    enableReadyCheck: false,
    retryStrategy: () => null,
    lazyConnect: true,
  });
  learner.on('error', () => {});
  await learner.connect();
  try {
    for (let from = 0; from < lines.length; from += together)
      await sendAll(learner, lines.slice(from, from + together));
  } finally {
    learner.disconnect();
  }
}

async function sendAll(learner: Redis, lines: { text: string; line: number }[]): Promise<void> {
  const pipeline = learner.pipeline();
  for (const { text, line } of lines) {
    const [name, ...rest] = words(text) ?? [];
    if (!name) throw new SeedError(line, 'a quote is not closed');
    pipeline.call(name.toString(), ...rest);
  }
  const replies = (await pipeline.exec()) ?? [];
  for (const [place, [error]] of replies.entries()) {
    if (error) throw new SeedError(lines[place].line, error.message);
  }
}

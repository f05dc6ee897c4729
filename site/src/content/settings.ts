/** The Redis that a chapter's cells count on, for who runs them at home. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import type { Chapter } from './course.ts';

/** What `CONFIG SET` must say; the same defaults as the atelier's own. */
export function settingsOf({ folder }: Chapter): Record<string, string> {
  const { instance = {} } = parse(readFileSync(join(folder!, 'chapter.yml'), 'utf8')) as {
    instance?: Record<string, string | number>;
  };
  return {
    maxmemory: `${instance.memory ?? 96}mb`,
    'maxmemory-policy': String(instance.policy ?? 'noeviction'),
    'notify-keyspace-events': String(instance.notify ?? ''),
    'slowlog-log-slower-than': String(instance.slowlog ?? 10_000),
  };
}

/** The commands that fill it, one a line. */
export function seedOf({ folder }: Chapter): string[] {
  const file = join(folder!, 'seed.redis');
  if (!existsSync(file)) return [];
  return readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line.trim() !== '' && !line.startsWith('#'));
}

/** The words of one command, quotes taken off. */
export const wordsOf = (line: string) =>
  (line.match(/"[^"]*"|'[^']*'|\S+/g) ?? []).map((word) => word.replace(/^(["'])(.*)\1$/s, '$2'));

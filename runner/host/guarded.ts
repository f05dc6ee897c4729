import type { Redis } from 'ioredis';
import { FrameScanner } from './tap/frame.ts';

/** The longest answer that a question of the host's own may have. */
export const longestAnswer = 32 * 1024 * 1024;

const nothing = { value: () => {}, bytes: () => {}, done: () => {} };

/**
 * Ends a connection of ours as soon as its server says what is no RESP, or an answer that is too long:
 * the server may be its learner's by now, and a client would keep all of it in memory.
 */
export function guard(redis: Redis): Redis {
  redis.on('connect', () => {
    const { stream } = redis;
    const scanner = new FrameScanner(nothing, false);
    let bytes = 0;
    stream.on('data', (chunk: Buffer) => {
      try {
        for (let at = 0; at < chunk.length;) {
          const from = at;
          at = scanner.scan(chunk, at);
          bytes = scanner.complete ? 0 : bytes + at - from;
          if (bytes > longestAnswer) throw new RangeError('an answer without end');
        }
      } catch {
        stream.destroy();
      }
    });
  });
  return redis;
}

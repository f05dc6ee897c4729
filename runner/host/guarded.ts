import type { Command, Redis } from 'ioredis';
import { FrameScanner } from './tap/frame.ts';

/** The longest answer that a question of the host's own may have. */
export const longestAnswer = 32 * 1024 * 1024;

const nothing = { value: () => {}, bytes: () => {}, done: () => {} };

/**
 * Makes a connection of ours fit for a server that may be its learner's by now. It ends as soon as the
 * server says what is no RESP, or an answer that is too long: a client would keep all of it in memory.
 * And nothing that was asked stays without an answer: what a cut left open is asked again on the next
 * connection, and refused when there is none.
 */
export function guard(redis: Redis): Redis {
  answerAll(redis);
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

/** ioredis forgets what was to be asked again when the server ends between a connection and its greeting. */
function answerAll(redis: Redis): void {
  const open = new Set<Command>();
  const send = redis.sendCommand.bind(redis);
  redis.sendCommand = (command: Command, stream) => {
    open.add(command);
    const forget = (): void => void open.delete(command);
    command.promise.then(forget, forget);
    return send(command, stream);
  };
  redis.on('end', () => {
    for (const command of open) command.reject(new Error('the connection has ended'));
  });
}

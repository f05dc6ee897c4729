import type { Socket } from 'node:net';

/** The kinds of message between the host and a compiler: it is ready; what it is given; what it gives. */
export const READY = 0;
export const PROGRAM = 1;
export const ANSWER = 2;
export const BINARY = 3;
export const ERRORS = 4;

/** Beyond it, a message is refused and the channel closed. */
export const LARGEST_MESSAGE = 32 * 1024 * 1024;
const HEADER = 5;

/** A message as it travels. */
export function message(kind: number, bytes: Buffer): Buffer {
  const header = Buffer.alloc(HEADER);
  header.writeUInt32BE(bytes.length);
  header.writeUInt8(kind, 4);
  return Buffer.concat([header, bytes]);
}

/** Calls back with every message of a channel. */
export function messages(channel: Socket, receive: (kind: number, bytes: Buffer) => void): void {
  let waiting: Buffer[] = [];
  let length = 0;
  channel.on('data', (chunk: Buffer) => {
    waiting.push(chunk);
    length += chunk.length;
    for (;;) {
      if (length < HEADER) return;
      const start = waiting[0].length < HEADER ? Buffer.concat(waiting) : waiting[0];
      const size = start.readUInt32BE(0);
      if (size > LARGEST_MESSAGE) return void channel.destroy();
      if (length < HEADER + size) return;
      const whole = Buffer.concat(waiting);
      waiting = [whole.subarray(HEADER + size)];
      length -= HEADER + size;
      receive(whole.readUInt8(4), whole.subarray(HEADER, HEADER + size));
    }
  });
}

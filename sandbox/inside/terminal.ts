/**
 * redis-cli in a PTY, inside the box: no terminal of the machine is ever near a learner. Reads
 * `TerminalRequest` lines on descriptor 3 and writes `TerminalFrame` lines there.
 *
 * The PTY starts at the first `resize` (the page knows its size before anything is drawn), or at the
 * first input when there was none.
 */
import { createServer, Socket } from 'node:net';
import { spawn, type IPty } from '@lydell/node-pty';
import type { TerminalFrame, TerminalRequest } from '../run.ts';

const longestLine = 64 * 1024;
const control = new Socket({ fd: 3 });
let pty: IPty | null = null;

function say(frame: TerminalFrame): boolean {
  return control.write(`${JSON.stringify(frame)}\n`);
}

function start(columns: number, rows: number): IPty {
  const terminal = spawn('/bin/redis-cli', ['-h', '127.0.0.1', '-p', '6379'], {
    cols: columns,
    rows,
    cwd: '/tmp',
    env: { TERM: 'xterm-256color', HOME: '/tmp' },
  });
  terminal.onData((data) => {
    if (say({ type: 'output', data })) return;
    // A reader that is slow stops the PTY, and with it redis-cli: nothing piles up here.
    terminal.pause();
    control.once('drain', () => terminal.resume());
  });
  terminal.onExit(() => {
    pty = null;
    say({ type: 'ended' });
    control.end(() => process.exit(0));
  });
  return terminal;
}

function obey(request: TerminalRequest): void {
  try {
    if (request.type === 'resize') {
      const columns = bounded(request.columns, 20, 500);
      const rows = bounded(request.rows, 2, 200);
      if (pty) pty.resize(columns, rows);
      else pty = start(columns, rows);
    }
    if (request.type === 'input') (pty ??= start(80, 24)).write(request.data);
  } catch {
    // The PTY closed under our hands: `ended` follows.
  }
}

function bounded(value: unknown, least: number, most: number): number {
  return Math.min(most, Math.max(least, Math.trunc(Number(value)) || least));
}

function listenToHost(): void {
  let text = '';
  control.setEncoding('utf8').on('data', (chunk: string) => {
    const lines = (text + chunk).split('\n');
    text = (lines.pop() ?? '').slice(0, longestLine);
    for (const line of lines) {
      const request: TerminalRequest = JSON.parse(line);
      obey(request);
    }
  });
  control.on('end', () => process.exit(0));
  control.on('error', () => process.exit(0));
}

const server = createServer();
server.listen(6379, '127.0.0.1', () => {
  process.send!('listen', server, {}, () => {
    server.close();
    process.disconnect();
    listenToHost();
  });
});

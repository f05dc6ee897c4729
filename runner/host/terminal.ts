import { StringDecoder } from 'node:string_decoder';
import { setTimeout as delay } from 'node:timers/promises';
import type { Box, Sandbox, TerminalRequest } from '../../sandbox/run.ts';
import { Pace } from './pace.ts';
import type { BoxExit } from './protocol.ts';
import { ScreenText } from './screen-text.ts';
import type { CommandTable } from './tap/command-table.ts';
import { REDIS_PORT, Taps } from './tap/taps.ts';

const memory = 96;
const disk = 4;
/** The longest line that a terminal's box may say; more ends it. */
const longestFrame = 1024 * 1024;

/** What a screen is given, bytes: more than anybody reads. redis-cli waits for the rest, nothing is lost. */
export const shownAtOnce = 1024 * 1024;
export const shownPerSecond = 256 * 1024;

/** Where a terminal's output goes. `write` is false when nobody reads fast enough; `drained` then resolves later. */
export interface Screen {
  write(data: string): boolean;
  drained(): Promise<void>;
}

/** redis-cli in a PTY, in a box of its own, on the session's instance. */
export class Terminal {
  /** One tap, at 6379. */
  readonly taps: Taps;
  /** Resolves when it has ended, by itself or by us. */
  readonly ended: Promise<BoxExit>;
  readonly #box: Box;

  private constructor(box: Box, taps: Taps, screen: Screen) {
    this.#box = box;
    this.taps = taps;
    for (const socket of [box.control, box.stdout, box.stderr]) socket.on('error', () => {});
    box.stdout.resume();
    box.stderr.resume();
    if (box.listener) taps.serve(box.listener, REDIS_PORT);
    this.#listen(screen);
    this.ended = box.exited.then((exit) => {
      taps.close();
      return exit;
    });
  }

  /** Its connections wait until its tap is led to a server. */
  static async open(
    { sandbox, commands, owner }: { sandbox: Sandbox; commands: CommandTable; owner?: string },
    screen: Screen,
  ): Promise<Terminal> {
    const box = await sandbox.start({ program: 'terminal', memory, disk, owner });
    return new Terminal(box, new Taps([REDIS_PORT], commands), screen);
  }

  input(data: string): void {
    this.#say({ type: 'input', data });
  }

  resize(columns: number, rows: number): void {
    this.#say({ type: 'resize', columns, rows });
  }

  async freeze(): Promise<void> {
    await this.#box.freeze().catch(() => {});
  }

  async thaw(): Promise<void> {
    await this.#box.thaw().catch(() => {});
  }

  async close(): Promise<BoxExit> {
    await this.#box.kill().catch(() => {});
    return this.ended;
  }

  #say(request: TerminalRequest): void {
    if (this.#box.control.writable) this.#box.control.write(`${JSON.stringify(request)}\n`);
  }

  #listen(screen: Screen): void {
    const { control } = this.#box;
    const text = new StringDecoder('utf8');
    const screenText = new ScreenText();
    const pace = new Pace(shownAtOnce, shownPerSecond);
    let rest = '';
    const rests = new Set<Promise<void>>();
    const pause = (until: Promise<void>): void => {
      control.pause();
      rests.add(until);
      void until.then(() => rests.delete(until) && rests.size === 0 && control.resume());
    };
    control.on('data', (chunk: Buffer) => {
      const wait = pace.pass(chunk.length);
      if (wait > 0) pause(delay(wait));
      const lines = (rest + text.write(chunk)).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) {
        const said = outputOf(line);
        const data = said && screenText.pass(said);
        if (data === null) void this.close();
        else if (data !== '' && !screen.write(data)) pause(screen.drained());
      }
      if (rest.length > longestFrame) void this.close();
    });
  }
}

/** The text of an output frame, '' of another one, null of what is no frame: the learner may have written it. */
function outputOf(line: string): string | null {
  try {
    const frame: unknown = JSON.parse(line);
    if (frame === null || typeof frame !== 'object' || !('type' in frame)) return null;
    if (frame.type === 'ended') return '';
    return frame.type === 'output' && 'data' in frame && typeof frame.data === 'string' ? frame.data : null;
  } catch {
    return null;
  }
}

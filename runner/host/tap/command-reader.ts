import type { CommandSpec, CommandTable } from './command-table.ts';
import type { Command, Reply } from './command.ts';
import { type, type FrameReader } from './frame.ts';
import { words } from './quote.ts';

const mostWords = 512;
const longestWord = 1024;
const mostBytes = 32 * 1024;
const longestName = 64;
const longestInline = 16 * 1024;

/** A command as the relay builds and follows it. */
export class Passage implements Command {
  readonly arguments: Buffer[] = [];
  count = 0;
  argumentBytes = 0;
  largestArgument = 0;
  wireBytes = 0;
  connection = 0;
  roundTrip = 0;
  queued = false;
  database = 0;
  startedAt = 0;
  endedAt: number | null = null;
  state: Command['state'] = 'waiting';
  reply: Reply | null = null;
  /** What happens to its reply; `drop`: the tap sent it in the client's name, `lessen`: the host's own part is left out. */
  fate: 'cut' | 'half' | 'drop' | 'lessen' | null = null;
  /** What the tap answers in the server's place. */
  answer: Buffer | null = null;
  /** Replies still due: more than one for SUBSCRIBE a b, none after CLIENT REPLY OFF. */
  due = 1;
  /** Bytes of those that have come. */
  replyBytes = 0;
  /** The keys of the transaction that this EXEC ends. */
  transaction: Buffer[] | null = null;
  #name: string | null = null;
  #spec: CommandSpec | null | undefined;
  #keys: { key: Buffer; writes: boolean }[] | null = null;
  readonly #table: CommandTable;

  constructor(table: CommandTable) {
    this.#table = table;
  }

  get name(): string {
    return (this.#name ??= this.spec?.name ?? upper(this.arguments[0]));
  }

  get spec(): CommandSpec | null {
    if (this.#spec === undefined) this.#spec = this.#table.match(this.arguments);
    return this.#spec;
  }

  /** Its keys, with what it may do to each. */
  get touched(): { key: Buffer; writes: boolean }[] {
    return (this.#keys ??= this.spec ? this.#table.keys(this.spec, this.arguments) : []);
  }

  get keys(): Buffer[] {
    return this.transaction ?? this.touched.map(({ key }) => key);
  }

  /** Drops its words: enough others wait to describe them all. */
  forget(): void {
    this.#name = this.name;
    this.#keys = [];
    this.arguments.length = 0;
  }
}

/** Reads one client's bytes into commands, of which it keeps a bounded part. */
export class CommandReader implements FrameReader {
  /** The command being read, or the one that has just been. */
  command: Passage;
  readonly #table: CommandTable;
  #inline = false;
  #kept = 0;
  #budget = mostBytes;
  /** Where the present word is kept; null when it is not. */
  #word: Buffer | null = null;

  constructor(table: CommandTable) {
    this.#table = table;
    this.command = new Passage(table);
  }

  /** Whether what is read so far tells which command it is. */
  get named(): boolean {
    const { arguments: kept, count } = this.command;
    if (kept.length === 0) return !this.#inline && this.#kept > longestName;
    return kept.length > 1 || count === 1 || this.#table.match(kept)?.container !== true;
  }

  /** Begins the next command. */
  next(): void {
    this.command = new Passage(this.#table);
    this.#budget = mostBytes;
  }

  value(kind: number, size: number, depth: number): void {
    const { command } = this;
    this.#kept = 0;
    if (depth === 0) {
      this.#inline = kind !== type.array;
      command.count = this.#inline ? 0 : Math.max(0, size);
      this.#word = this.#inline ? Buffer.allocUnsafe(longestInline) : null;
      return;
    }
    if (command.arguments.length > 0) {
      command.argumentBytes += size;
      if (size > command.largestArgument) command.largestArgument = size;
    }
    const length = Math.min(size, longestWord);
    if (command.arguments.length >= mostWords || length > this.#budget) this.#budget = -1;
    else this.#budget -= length;
    this.#word = this.#budget < 0 ? null : Buffer.allocUnsafe(length);
  }

  bytes(chunk: Buffer, start: number, end: number): void {
    if (this.#word && this.#kept < this.#word.length)
      this.#kept += chunk.copy(this.#word, this.#kept, start, end);
  }

  done(): void {
    if (this.#word === null) return;
    if (this.#inline) this.#split(this.#word.toString('utf8', 0, this.#kept));
    else this.command.arguments.push(this.#word);
    this.#word = null;
  }

  /** An inline command: words on a line, as one types them into a bare connection. */
  #split(line: string): void {
    const { command } = this;
    const found = words(line) ?? [Buffer.from('?')];
    command.count = found.length;
    for (const [place, word] of found.entries()) {
      if (place > 0) command.argumentBytes += word.length;
      if (place > 0 && word.length > command.largestArgument) command.largestArgument = word.length;
      if (place < mostWords) command.arguments.push(word.subarray(0, longestWord));
    }
  }
}

function upper(word: Buffer | undefined): string {
  return word === undefined
    ? ''
    : word.toString('latin1', 0, Math.min(word.length, longestName)).toUpperCase();
}

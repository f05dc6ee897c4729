import type { Passage } from './command-reader.ts';
import { type } from './frame.ts';
import type { ReplyReader } from './reply-reader.ts';

type Kind = 'channels' | 'patterns' | 'shards';

/** Which kind of subscription each word of Pub/Sub counts in. */
const subscriptions: Record<string, { kind: Kind; begins: boolean }> = {
  subscribe: { kind: 'channels', begins: true },
  unsubscribe: { kind: 'channels', begins: false },
  psubscribe: { kind: 'patterns', begins: true },
  punsubscribe: { kind: 'patterns', begins: false },
  ssubscribe: { kind: 'shards', begins: true },
  sunsubscribe: { kind: 'shards', begins: false },
};
const messages = new Set(['message', 'pmessage', 'smessage']);

const monitored = /^\d+\.\d{6} \[/;

/** An UNSUBSCRIBE without names has a reply for each subscription, which only the server knows. */
const unknown = -1;

/** The commands that change what a connection remembers, or which replies come. */
const telling = new Set([
  ...Object.keys(subscriptions).map((word) => word.toUpperCase()),
  'CLIENT REPLY',
  'MULTI',
  'EXEC',
  'DISCARD',
  'RESET',
  'SELECT',
]);

/** What the server does at once inside a transaction, too. */
const immediate = new Set(['DISCARD', 'RESET', 'WATCH', 'MULTI', 'QUIT']);
const mostTransactionKeys = 512;

/** What a connection remembers between commands, as far as it changes which replies come. */
export class Mode {
  /** Whether the server sends it every command of everybody. */
  monitor = false;
  /** The keys of the transaction that is open, or null. */
  transaction: Buffer[] | null = null;
  /** Whether the tap itself refused a command of that transaction. */
  aborted = false;
  #database = 0;
  #replies: 'on' | 'off' | 'skip' = 'on';
  readonly #counts = { channels: 0, patterns: 0, shards: 0 };

  /** Notes what a command that goes to the server changes, and which replies are due to it. */
  enter(command: Passage): void {
    if (command.queued && this.transaction && this.transaction.length < mostTransactionKeys) {
      this.transaction.push(...command.keys);
    }
    const { name } = command;
    if (this.#replies === 'on' && !telling.has(name)) return;
    const subscription = command.queued ? undefined : subscriptions[name.toLowerCase()];
    if (this.#replies !== 'on') command.due = 0;
    else if (subscription) command.due = command.count > 1 ? command.count - 1 : unknown;
    if (this.#replies === 'skip') this.#replies = 'on';
    switch (name) {
      case 'CLIENT REPLY':
        this.#reply(command);
        break;
      case 'MULTI':
        this.transaction ??= [];
        break;
      case 'EXEC':
      case 'DISCARD':
        this.#endTransaction();
        break;
      case 'RESET':
        this.#endTransaction();
        this.#replies = 'on';
        this.#database = 0;
        command.due = 1;
        break;
      case 'SELECT':
        this.#database = Number(command.arguments[1]?.toString('latin1') ?? 0) || 0;
        break;
      default:
    }
  }

  /** Notes what the server's answer to a command changes. */
  leave(command: Passage): void {
    if (command.name === 'MONITOR' && command.reply?.kind === 'status' && !command.queued)
      this.monitor = true;
    if (command.name !== 'RESET') return;
    this.monitor = false;
    this.#counts.channels = this.#counts.patterns = this.#counts.shards = 0;
  }

  /** Notes where a command stands, in a database and in a transaction, before anything decides about it. */
  place(command: Passage): void {
    command.database = this.#database;
    if (this.transaction === null) return;
    const { name } = command;
    if (name === 'EXEC') {
      command.transaction = this.transaction;
    } else if (!immediate.has(name)) {
      command.queued = true;
    }
  }

  /** Tells whether a frame answers the command that waits longest; if not it came by itself. */
  answers(frame: ReplyReader, command: Passage | undefined): boolean {
    const word = frame.head[0] ?? '';
    const push = frame.type === type.push;
    const confirmation = push || frame.type === type.array ? subscriptions[word] : undefined;
    if (confirmation && (push || this.#pubsub || command?.name.toLowerCase() === word)) {
      return this.#confirm(frame, confirmation, command?.name.toLowerCase() === word ? command : undefined);
    }
    if (push) return false;
    if (this.#pubsub && frame.type === type.array && messages.has(word)) return false;
    if (this.monitor && frame.type === type.status && monitored.test(frame.line)) return false;
    return command !== undefined;
  }

  get #pubsub(): boolean {
    return this.#counts.channels + this.#counts.patterns + this.#counts.shards > 0;
  }

  #confirm(
    frame: ReplyReader,
    { kind, begins }: { kind: Kind; begins: boolean },
    command?: Passage,
  ): boolean {
    const total = Math.max(0, Number(frame.head[2]) || 0);
    const before = kind === 'shards' ? this.#counts.shards : this.#counts.channels + this.#counts.patterns;
    if (command && command.due === unknown) command.due = begins ? 1 : Math.max(1, this.#counts[kind]);
    if (total !== before) this.#counts[kind] = Math.max(0, this.#counts[kind] + total - before);
    return command !== undefined;
  }

  #reply(command: Passage): void {
    const how = command.arguments[2]?.toString('latin1').toUpperCase();
    if (command.queued) return;
    if (how === 'ON') {
      this.#replies = 'on';
      command.due = 1;
    } else if (how === 'OFF' || (how === 'SKIP' && this.#replies === 'on')) {
      this.#replies = how === 'OFF' ? 'off' : 'skip';
      command.due = 0;
    }
  }

  #endTransaction(): void {
    this.transaction = null;
    this.aborted = false;
  }
}

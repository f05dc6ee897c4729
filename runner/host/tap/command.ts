import type { CommandSpec } from './command-table.ts';
import type { TraceCommand } from '../protocol.ts';

/** One command on its way through a tap. Times are `performance.now()` of the host. */
export interface Command {
  /** Upper case, with its subcommand: `GET`, `XGROUP CREATE`. Cut at 64 characters. */
  readonly name: string;
  /** What the server's COMMAND says of it; null when the server does not know it. */
  readonly spec: CommandSpec | null;
  /** Name included. At most 512 arguments of 1,024 bytes and 32 KiB in all are kept. */
  readonly arguments: Buffer[];
  /** How many arguments there were, name included. */
  readonly count: number;
  /** The keys it names, as far as they were kept. An EXEC names those of its transaction. */
  readonly keys: Buffer[];
  /** Bytes of the arguments after the name. */
  readonly argumentBytes: number;
  /** The largest of them. */
  readonly largestArgument: number;
  /** Bytes of the whole command on the wire. */
  readonly wireBytes: number;
  /** Its keys, with whether it may write each. */
  readonly touched: readonly { key: Buffer; writes: boolean }[];
  /** Which connection of the tap it came by, from 1. */
  readonly connection: number;
  /** Which round trip of the tap it travelled in, from 1. */
  readonly roundTrip: number;
  /** Whether it waits in a transaction for its EXEC (the server answers QUEUED). */
  readonly queued: boolean;
  /** The keys of the transaction that it ends, for an EXEC. */
  readonly transaction: Buffer[] | null;
  /** The number of the database it speaks to. */
  readonly database: number;
  /** When its first byte came. */
  readonly startedAt: number;
  /** When its reply was given to the client; null before. */
  readonly endedAt: number | null;
  /** `lost`: the connection ended first. `silent`: none was due (CLIENT REPLY OFF). `answered`: by the tap's fault. */
  readonly state: 'waiting' | 'replied' | 'answered' | 'silent' | 'lost';
  readonly reply: Reply | null;
}

/** What the tap keeps of a reply. */
export interface Reply {
  readonly kind: TraceCommand['replyKind'];
  /** Bytes on the wire. */
  readonly bytes: number;
  /** The first word of an error: `WRONGTYPE`. */
  readonly code: string | null;
  /** Items of an aggregate (pairs count once), 0 otherwise. */
  readonly items: number;
  /** Bytes of its largest string. */
  readonly largest: number;
  /** On one line, cut at 200 characters: `OK`, `(integer) 3`, `["a", (nil)]`. */
  readonly text: string;
}

import type { CommandTable } from './command-table.ts';
import type { Passage } from './command-reader.ts';
import type { Connection } from './connection.ts';
import type { Decision } from './fault.ts';
import type { OwnCommands } from './own-commands.ts';

/** What a connection asks of its tap. */
export interface Relay {
  readonly commands: CommandTable;
  readonly roundTripMs: number;
  readonly hidden: OwnCommands | null;
  /** Whether anything may want to decide about a command: if not, bytes pass as they come. */
  readonly armed: boolean;
  /** Above this many unanswered commands a connection is not read any more. */
  readonly mostWaiting: number;
  /** Numbers a new round trip. */
  roundTrip(): number;
  decide(command: Passage): Decision;
  /** True when the command may go now; else `release` is called once, later. */
  admit(command: Passage, release: () => void): boolean;
  arrived(command: Passage): void;
  forwarded(command: Passage): void;
  executed(command: Passage): void;
  finished(command: Passage): void;
  /** Bytes that came by themselves: messages, MONITOR's lines. */
  pushed(bytes: number): void;
  closed(connection: Connection): void;
}

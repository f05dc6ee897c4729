import type { Redis } from 'ioredis';
import { quote } from './quote.ts';

const lifetime = 2000;
const most = 2000;
/** A longer line of MONITOR passes before it has been read whole. */
const longest = 16 * 1024;
/** Commands that INFO counts by their subcommand. */
const containers = new Set(['acl', 'client', 'command', 'config', 'function', 'memory', 'script']);

type Word = string | Buffer;

/** The host's own commands on an instance, so that a tap leaves them out of the learner's MONITOR and INFO. */
export class OwnCommands {
  #expected: { words: readonly Word[]; line: string | null; until: number }[] = [];
  #total = 0;
  #calls = new Map<string, number>();
  #connections = 0;
  #open = 0;
  #hits = 0;
  #misses = 0;

  /** Leaves out whatever this connection sends from now on. */
  follow(connection: Redis): void {
    const seen = new WeakSet<object>();
    const send = connection.sendCommand.bind(connection);
    connection.sendCommand = (command, stream) => {
      // What waits for the connection comes by here twice.
      if (!seen.has(command)) this.#note([command.name, ...command.args.map(word)]);
      seen.add(command);
      return send(command, stream);
    };
    let isOpen = false;
    connection.on('connect', () => {
      isOpen = true;
      this.#connections++;
      this.#open++;
    });
    connection.on('close', () => {
      if (isOpen) this.#open--;
      isOpen = false;
    });
  }

  /** Notes that one of them found its key, or did not. */
  lookedUp(found: boolean): void {
    if (found) this.#hits++;
    else this.#misses++;
  }

  /** The server counts from zero again (CONFIG RESETSTAT). */
  reset(): void {
    this.#total = this.#connections = this.#hits = this.#misses = 0;
    this.#calls = new Map();
  }

  /** Tells whether a frame is a line of MONITOR (`+1700000000.123456 [0 unix:…] "get" "k"`) that shows one of them; once each. */
  takes(frame: Buffer): boolean {
    if (frame[0] !== 0x2b) return false;
    const line = frame.toString('latin1', 1, frame.length - 2);
    const now = performance.now();
    this.#expected = this.#expected.filter(({ until }) => until >= now);
    const start = line.indexOf('] ');
    if (start === -1) return false;
    const text = line.slice(start + 2).toLowerCase();
    const place = this.#expected.findIndex((own) => (own.line ??= written(own.words)) === text);
    if (place === -1) return false;
    this.#expected.splice(place, 1);
    return true;
  }

  /** A reply to INFO, without what they have added to it; any other reply as it is. */
  leftOutOf(reply: Buffer): Buffer {
    const [head] = /^[$=]\d+\r\n(?:txt:)?/.exec(reply.toString('latin1', 0, 32)) ?? [];
    if (head === undefined) return reply;
    const text = reply.toString('latin1', head.length, reply.length - 2);
    const left = text
      .split('\r\n')
      .flatMap((line) => this.#leftOfLine(line))
      .join('\r\n');
    const format = head.endsWith('txt:') ? 'txt:' : '';
    return Buffer.from(`${head[0]}${format.length + left.length}\r\n${format}${left}\r\n`, 'latin1');
  }

  #note(words: readonly Word[]): void {
    if (words.every((one) => one.length < longest))
      this.#expected.push({ words, line: null, until: performance.now() + lifetime });
    if (this.#expected.length > most * 2) this.#expected = this.#expected.slice(-most);
    const [name, subcommand] = words.slice(0, 2).map((part) => part.toString().toLowerCase());
    const counted = containers.has(name) ? `${name}|${subcommand}` : name;
    this.#total++;
    this.#calls.set(counted, (this.#calls.get(counted) ?? 0) + 1);
  }

  #leftOfLine(line: string): string[] {
    const [, field, value] = /^([^:]+):(\d+)$/.exec(line) ?? [];
    if (field !== undefined) {
      const own = this.#ownPart(field);
      return [own === 0 ? line : `${field}:${Math.max(0, Number(value) - own)}`];
    }
    const [, kind, name] = /^(cmdstat|latency_percentiles_usec)_([^:]+):/.exec(line) ?? [];
    const own = name === undefined ? 0 : (this.#calls.get(name.toLowerCase()) ?? 0);
    if (own === 0) return [line];
    const [, calls] = /calls=(\d+)/.exec(line) ?? [];
    // Percentiles cannot be told apart: those of a command that is mostly ours would be ours.
    if (kind !== 'cmdstat' || calls === undefined) return [];
    const left = Number(calls) - own;
    if (left <= 0) return [];
    return [
      line
        .replace(/calls=\d+/, `calls=${left}`)
        .replace(
          /usec=(\d+)/,
          (_, usec: string) => `usec=${Math.round((Number(usec) * left) / Number(calls))}`,
        ),
    ];
  }

  #ownPart(field: string): number {
    switch (field) {
      case 'total_commands_processed':
        return this.#total;
      case 'total_connections_received':
        return this.#connections;
      case 'connected_clients':
        return this.#open;
      case 'keyspace_hits':
        return this.#hits;
      case 'keyspace_misses':
        return this.#misses;
      default:
        return 0;
    }
  }
}

function word(argument: unknown): Word {
  return Buffer.isBuffer(argument) ? argument : String(argument);
}

function written(words: readonly Word[]): string {
  const quoted = words.map((part) => quote(typeof part === 'string' ? Buffer.from(part) : part));
  return quoted.join(' ').toLowerCase();
}

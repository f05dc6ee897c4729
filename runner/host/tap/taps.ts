import type { Server } from 'node:net';
import type { CommandTable } from './command-table.ts';
import { Tap, type Observer } from './tap.ts';
import { Recorder, type Recording, type RecordingOptions } from './trace.ts';

/** Where a box finds its Redis, when it has one. */
export const REDIS_PORT = 6379;

/** The taps of one process: one for each port of its box that leads to a server. */
export class Taps {
  readonly byPort: ReadonlyMap<number, Tap>;

  constructor(ports: readonly number[], commands: CommandTable) {
    const counts = { connections: 0, roundTrips: 0 };
    this.byPort = new Map(ports.map((port) => [port, new Tap(commands, counts)]));
  }

  [Symbol.iterator](): Iterator<Tap> {
    return this.byPort.values();
  }

  /** Answers on a port of the box; false when no tap is for it. */
  serve(listener: Server, port: number): boolean {
    this.byPort.get(port)?.serve(listener);
    return this.byPort.has(port);
  }

  /** One window over all of them; each command tells its port where there are several. */
  record(options: RecordingOptions = {}): Recording {
    const stops: (() => void)[] = [];
    const recorder = new Recorder(options, () => stops.forEach((stop) => stop()));
    const several = this.byPort.size > 1;
    for (const [port, tap] of this.byPort) stops.push(tap.join(recorder, several ? port : undefined));
    return recorder;
  }

  /** Tells of every command of any of them. */
  observe(observer: Observer): void {
    for (const tap of this) tap.observe(observer);
  }

  /** Ends their connections; new ones wait until they are led to a server again. */
  disconnect(): void {
    for (const tap of this) tap.connect(null);
  }

  close(): void {
    for (const tap of this) tap.close();
  }
}

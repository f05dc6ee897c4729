/** One connection of a box, and the one made for it to the instance: bytes both ways, with what the powers ask. */
import { connect, type Socket } from 'node:net';
import { CommandReader, Passage } from './command-reader.ts';
import { DelayLine } from './delay.ts';
import { abortAnswer, discard, type Decision } from './fault.ts';
import { FrameError, FrameScanner } from './frame.ts';
import { Mode } from './mode.ts';
import { Queue } from './queue.ts';
import type { Relay } from './relay.ts';
import { errorReply, ReplyReader } from './reply-reader.ts';
import { turn } from './turn.ts';
import { Withheld } from './withheld.ts';

/** Above this many a command's words are dropped once it is counted. */
const mostDescribed = 4096;
const mostDelayed = 1024 * 1024;

/** Relays one connection until either side ends it. */
export class Connection {
  readonly number: number;
  readonly #relay: Relay;
  readonly #client: Socket;
  readonly #server: Socket;
  readonly #mode = new Mode();
  readonly #commands: CommandReader;
  readonly #commandScanner: FrameScanner;
  readonly #replies = new ReplyReader();
  readonly #replyScanner = new FrameScanner(this.#replies, false);
  readonly #pending = new Queue<Passage>();
  readonly #delay: DelayLine;
  /** Why the client is not read at present. */
  readonly #stops = new Set<'held' | 'server' | 'waiting'>();
  /** What the fault in force says of the command being read; null until it has been asked. */
  #decision: Decision | null = null;
  /** Bytes of a command whose name is not known yet, while something must decide about it. */
  #unnamed: Buffer[] = [];
  /** The frame that must be read whole before it passes. */
  readonly #withheld = new Withheld();
  /** Replies on their way to one write. */
  #answered: Passage[] = [];
  /** The command that waits here for its turn. */
  #held: Passage | null = null;
  #outstanding = 0;
  #trip = 0;
  #tripEndedIn = -1;
  #clientEnded = false;
  #over = false;

  constructor(relay: Relay, number: number, client: Socket, socketPath: string) {
    this.#relay = relay;
    this.number = number;
    this.#client = client;
    this.#commands = new CommandReader(relay.commands);
    this.#commandScanner = new FrameScanner(this.#commands, true);
    this.#delay = new DelayLine((bytes, commands) => this.#deliver(bytes, commands));
    this.#server = connect({ path: socketPath, allowHalfOpen: true });
    client.setNoDelay(true);
    client.on('data', (chunk) => this.#take(chunk));
    client.on('drain', () => this.#flow());
    client.on('end', () => this.#clientEnd());
    client.on('error', () => {});
    client.on('close', () => this.#end());
    this.#server.on('data', (chunk) => this.#give(chunk));
    this.#server.on('drain', () => this.#go('server'));
    this.#server.on('end', () => this.#serverEnd());
    this.#server.on('error', () => {});
    this.#server.on('close', () => this.#serverEnd());
  }

  /** Ends both sides at once; `reset`: the client sees ECONNRESET rather than an orderly end. */
  cut(reset: boolean): void {
    if (reset) this.#client.resetAndDestroy();
    else this.#client.destroy();
    this.#end();
  }

  /* ---------------------------------------------------------------- from the client to the server */

  #take(chunk: Buffer): void {
    const now = performance.now();
    let from = 0;
    let at = 0;
    while (at < chunk.length) {
      const begin = at;
      try {
        at = this.#commandScanner.scan(chunk, at);
      } catch (error) {
        this.#send(chunk.subarray(from, begin));
        this.#refuse(error);
        return;
      }
      const { command } = this.#commands;
      if (command.wireBytes === 0) command.startedAt = now;
      command.wireBytes += at - begin;
      const whole = this.#commandScanner.complete;
      if (this.#relay.armed || this.#mode.aborted || this.#decision !== null) {
        this.#send(chunk.subarray(from, begin));
        from = at;
        if (!this.#pass(command, chunk, begin, at, whole)) return;
      } else if (!whole) {
        // Its beginning is on its way: whatever is decided from now on, the rest must follow.
        this.#decision = 'pass';
      } else if (command.count > 0) {
        this.#arrive(command);
        this.#forward(command);
      }
      if (whole) this.#nextCommand();
    }
    this.#send(chunk.subarray(from));
  }

  /** One piece of a command, under a power. False: nothing more of the chunk may be taken now. */
  #pass(command: Passage, chunk: Buffer, begin: number, end: number, whole: boolean): boolean {
    const piece = chunk.subarray(begin, end);
    if (this.#decision === null) {
      if (!whole && !this.#commands.named) {
        this.#unnamed.push(Buffer.from(piece));
        return true;
      }
      this.#mode.place(command);
      this.#decision = command.count === 0 ? 'pass' : this.#relay.decide(command);
      if (this.#decision === 'cut') {
        this.cut(true);
        return false;
      }
    }
    let bytes = this.#unnamed.length > 0 ? Buffer.concat([...this.#unnamed.splice(0), piece]) : piece;
    const decision = this.#decision;
    if (typeof decision === 'object' && command.transaction === null) {
      if (whole) this.#refuseCommand(command, decision.answer);
      return true;
    }
    if (!whole || command.count === 0) {
      this.#send(bytes);
      return true;
    }
    if (decision === 'cut-after') command.fate = 'cut';
    if (decision === 'half-reply') command.fate = 'half';
    const why = typeof decision === 'object' ? decision.answer : null;
    if (command.transaction && (this.#mode.aborted || why !== null)) bytes = this.#abort(command, why);
    this.#arrive(command);
    const goOn = () => {
      this.#forward(command);
      this.#send(bytes);
    };
    const admitted = this.#relay.admit(command, () => {
      if (this.#over) return;
      this.#held = null;
      goOn();
      this.#stops.delete('held');
      if (end < chunk.length) this.#take(chunk.subarray(end));
      this.#go('held');
    });
    if (admitted) {
      goOn();
      return true;
    }
    this.#held = command;
    this.#stop('held');
    this.#nextCommand();
    return false;
  }

  /** The tap refused a command of this transaction, or its EXEC: the server must forget the others. Returns what it is sent. */
  #abort(exec: Passage, why: string | null): Buffer {
    const sent = new Passage(this.#relay.commands);
    sent.fate = 'drop';
    this.#pending.push(sent);
    exec.answer = abortAnswer(why);
    return discard;
  }

  #refuseCommand(command: Passage, error: string): void {
    this.#arrive(command);
    if (command.queued) this.#mode.aborted = true;
    command.answer = Buffer.from(`-${error}\r\n`);
    this.#pending.push(command);
    this.#answerFirst();
  }

  #arrive(command: Passage): void {
    this.#mode.place(command);
    command.connection = this.number;
    // A command that comes in the same turn of the loop as a reply left was on its way before: no new trip.
    if (this.#outstanding === 0 && turn() !== this.#tripEndedIn) this.#trip = this.#relay.roundTrip();
    command.roundTrip = this.#trip;
    this.#outstanding++;
    this.#relay.arrived(command);
    if (this.#pending.length >= this.#relay.mostWaiting) this.#stop('waiting');
  }

  #forward(command: Passage): void {
    this.#mode.enter(command);
    this.#relay.forwarded(command);
    if (command.name === 'INFO' && !command.queued) command.fate ??= 'lessen';
    if (command.due === 0 && command.answer === null) {
      this.#finish(command, 'silent', performance.now());
      return;
    }
    if (this.#pending.length > mostDescribed) command.forget();
    this.#pending.push(command);
  }

  #send(bytes: Buffer): void {
    if (bytes.length > 0 && !this.#over && !this.#server.write(bytes)) this.#stop('server');
  }

  #nextCommand(): void {
    this.#decision = null;
    this.#commands.next();
  }

  /** The client does not speak RESP: it is told so, as the server would, and is heard no more. */
  #refuse(error: unknown): void {
    if (!(error instanceof FrameError)) throw error;
    this.#client.removeAllListeners('data');
    this.#client.end(`-ERR Protocol error: ${error.message}\r\n`, () => this.#client.destroy());
    this.#client.resume();
    this.#server.end();
  }

  #stop(why: 'held' | 'server' | 'waiting'): void {
    this.#stops.add(why);
    this.#client.pause();
  }

  #go(why: 'held' | 'server' | 'waiting'): void {
    this.#stops.delete(why);
    if (this.#stops.size > 0) return;
    this.#client.resume();
    if (this.#clientEnded) this.#server.end();
  }

  #clientEnd(): void {
    this.#clientEnded = true;
    if (!this.#stops.has('held')) this.#server.end();
  }

  /* ---------------------------------------------------------------- from the server to the client */

  #give(chunk: Buffer): void {
    const replies = this.#replies;
    let from = 0;
    let at = 0;
    while (at < chunk.length) {
      const begin = at;
      try {
        at = this.#replyScanner.scan(chunk, at);
      } catch {
        this.cut(true);
        return;
      }
      replies.wireBytes += at - begin;
      const whole = this.#replyScanner.complete;
      const careful =
        this.#withheld.rest !== null || this.#mode.monitor || (this.#pending.first?.fate ?? null) !== null;
      if (careful) {
        this.#flush(chunk, from, begin);
        from = at;
        if (!this.#withhold(chunk.subarray(begin, at), whole)) return;
      } else if (whole) {
        this.#match();
      }
      if (!whole) break;
      replies.next();
      if (this.#pending.first?.answer) {
        this.#flush(chunk, from, at);
        from = at;
        this.#answerFirst();
      }
    }
    this.#flush(chunk, from, chunk.length);
  }

  /** A whole frame: the reply of the command that waits longest, or something that came by itself. */
  #match(): Passage | null {
    const command = this.#pending.first;
    if (!this.#mode.answers(this.#replies, command) || !command) {
      this.#relay.pushed(this.#replies.wireBytes);
      return null;
    }
    command.replyBytes += this.#replies.wireBytes;
    // Several confirmations may be due to a SUBSCRIBE; an error is always the last.
    if (--command.due > 0 && this.#replies.reply.kind !== 'error') return null;
    this.#pending.shift();
    const { reply } = this.#replies;
    command.reply = command.replyBytes === reply.bytes ? reply : { ...reply, bytes: command.replyBytes };
    this.#mode.leave(command);
    if (command.name === 'CONFIG RESETSTAT') this.#relay.hidden?.reset();
    if (command.fate === 'drop') return command;
    this.#relay.executed(command);
    this.#answered.push(command);
    return command;
  }

  /** A piece of a frame that is read whole before it passes. False: the connection has been cut. */
  #withhold(piece: Buffer, whole: boolean): boolean {
    const withheld = this.#withheld;
    if (withheld.rest === null && !withheld.add(piece) && !whole) return true;
    let bytes = withheld.rest === null ? withheld.take() : piece;
    const fate = this.#pending.first?.fate ?? null;
    if (fate === 'half' && !whole) return this.#half(bytes);
    if (!whole) {
      withheld.rest ??= fate === null || fate === 'lessen' ? 'pass' : 'drop';
      if (withheld.rest === 'pass') this.#flush(bytes, 0, bytes.length);
      return true;
    }
    const { rest } = withheld;
    withheld.rest = null;
    const command = this.#match();
    if (command?.fate === 'half') return this.#half(bytes);
    if (command?.fate === 'cut') {
      this.#answered = [];
      this.#finish(command, 'lost', performance.now());
      this.cut(true);
      return false;
    }
    if (command?.fate === 'lessen' && rest === null) bytes = this.#relay.hidden?.leftOutOf(bytes) ?? bytes;
    const hidden =
      command === null && rest === null && this.#mode.monitor && this.#relay.hidden?.takes(bytes) === true;
    if (!hidden && command?.fate !== 'drop' && rest !== 'drop') this.#flush(bytes, 0, bytes.length);
    return true;
  }

  #half(bytes: Buffer): boolean {
    this.#answered = [];
    this.#delay.flush();
    this.#client.end(bytes.subarray(0, Math.max(1, Math.floor(bytes.length / 2))));
    this.#end();
    return false;
  }

  /** Gives the answers of the tap itself, when their turn has come. */
  #answerFirst(): void {
    for (let first = this.#pending.first; first?.answer; first = this.#pending.first) {
      this.#pending.shift();
      first.reply = errorReply(first.answer);
      first.state = 'answered';
      this.#relay.executed(first);
      this.#delay.push(first.answer, [first], this.#relay.roundTripMs);
    }
  }

  #flush(chunk: Buffer, from: number, end: number): void {
    if (from >= end) return;
    const commands = this.#answered;
    if (commands.length > 0) this.#answered = [];
    this.#delay.push(chunk.subarray(from, end), commands, this.#relay.roundTripMs);
    this.#flow();
  }

  #deliver(bytes: Buffer, commands: readonly Passage[]): void {
    if (this.#client.writable) this.#client.write(bytes);
    const now = performance.now();
    for (const command of commands)
      this.#finish(command, command.state === 'answered' ? 'answered' : 'replied', now);
    this.#flow();
    if (this.#stops.has('waiting') && this.#pending.length < this.#relay.mostWaiting / 2) this.#go('waiting');
  }

  /** Reads the server only as fast as the client reads. */
  #flow(): void {
    const slow = this.#client.writableNeedDrain || this.#delay.waiting > mostDelayed;
    if (slow) this.#server.pause();
    else if (this.#server.isPaused()) this.#server.resume();
  }

  #finish(command: Passage, state: 'replied' | 'answered' | 'silent' | 'lost', now: number): void {
    command.state = state;
    command.endedAt = now;
    this.#outstanding--;
    if (this.#outstanding === 0) this.#tripEndedIn = turn();
    this.#relay.finished(command);
  }

  #serverEnd(): void {
    if (this.#over) return;
    this.#delay.flush();
    this.#client.end();
    this.#end();
  }

  /** Nothing more passes: what waits is lost, and both sockets go. */
  #end(): void {
    if (this.#over) return;
    this.#over = true;
    for (const command of this.#delay.clear()) this.#answered.push(command);
    this.#server.destroy();
    if (!this.#client.writableEnded) this.#client.destroy();
    const now = performance.now();
    if (this.#held) this.#finish(this.#held, 'lost', now);
    for (const command of this.#answered.splice(0)) this.#finish(command, 'lost', now);
    for (const command of this.#pending.clear())
      if (command.fate !== 'drop') this.#finish(command, 'lost', now);
    this.#relay.closed(this);
  }
}

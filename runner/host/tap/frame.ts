/**
 * An incremental scanner of RESP2 and RESP3: it finds where each frame ends and shows what is in it,
 * and keeps nothing but a few counters, whatever the other side sends.
 */

/** What a scanner shows of a frame, as it passes. */
export interface FrameReader {
  /**
   * A value begins. `size` is the bytes of a string, the values of an aggregate (a map's pairs count
   * twice), -1 for a null, 0 for a line. Depth 0 is the frame itself.
   */
  value(type: number, size: number, depth: number): void;
  /** Bytes of the string or line that began last. */
  bytes(chunk: Buffer, start: number, end: number): void;
  /** That string or line is complete; a null string too. */
  done(): void;
}

/** The peer does not speak RESP, or speaks it beyond every reason. */
export class FrameError extends Error {
  override name = 'FrameError';
}

/** The type bytes of RESP. */
export const type = {
  status: 0x2b,
  error: 0x2d,
  integer: 0x3a,
  bulk: 0x24,
  array: 0x2a,
  map: 0x25,
  set: 0x7e,
  double: 0x2c,
  boolean: 0x23,
  big: 0x28,
  null: 0x5f,
  push: 0x3e,
  verbatim: 0x3d,
  blobError: 0x21,
  attribute: 0x7c,
} as const;

const deepest = 256;
const longestString = 512 * 1024 * 1024;
const longestLine = 64 * 1024 * 1024;
const longestInline = 64 * 1024;
const mostValues = 2 ** 31 - 1;

const CR = 13;
const LF = 10;

const state = {
  type: 0,
  size: 1,
  sizeEnd: 2,
  line: 3,
  lineEnd: 4,
  string: 5,
  stringCR: 6,
  stringLF: 7,
  inline: 8,
} as const;
type State = (typeof state)[keyof typeof state];

/** Finds the ends of the frames of one direction of one connection. */
export class FrameScanner {
  /** Whether the last `scan` ended on the end of a frame. */
  complete = false;
  readonly #reader: FrameReader;
  readonly #requests: boolean;
  #at: State = state.type;
  #type = 0;
  #size = 0;
  #digits = 0;
  #negative = false;
  #remaining = 0;
  /** Values still to come in each aggregate that is open; an attribute's count is kept negative. */
  readonly #open: number[] = [];

  /** `requests`: arrays of strings and inline commands only, as a server accepts them. */
  constructor(reader: FrameReader, requests: boolean) {
    this.#reader = reader;
    this.#requests = requests;
  }

  /**
   * Reads from `at` to the end of the frame or of the chunk, and returns where it stopped; `complete`
   * tells which. Throws a FrameError, after which the scanner is of no use.
   */
  scan(chunk: Buffer, at: number): number {
    this.complete = false;
    while (at < chunk.length) {
      switch (this.#at) {
        case state.type:
          at = this.#begin(chunk, at);
          break;
        case state.size:
          at = this.#readSize(chunk, at);
          break;
        case state.sizeEnd:
          this.#expect(chunk[at], LF);
          at++;
          if (this.#sized()) return at;
          break;
        case state.line: {
          const end = chunk.indexOf(CR, at);
          const stop = end === -1 ? chunk.length : end;
          this.#lengthen(stop - at, longestLine);
          this.#reader.bytes(chunk, at, stop);
          at = stop;
          if (end !== -1) {
            at++;
            this.#reader.done();
            this.#at = state.lineEnd;
          }
          break;
        }
        case state.lineEnd:
        case state.stringLF:
          this.#expect(chunk[at], LF);
          at++;
          if (this.#closed()) return at;
          break;
        case state.string: {
          const stop = Math.min(chunk.length, at + this.#remaining);
          this.#reader.bytes(chunk, at, stop);
          this.#remaining -= stop - at;
          at = stop;
          if (this.#remaining === 0) {
            this.#reader.done();
            this.#at = state.stringCR;
          }
          break;
        }
        case state.stringCR:
          this.#expect(chunk[at], CR);
          at++;
          this.#at = state.stringLF;
          break;
        case state.inline: {
          const end = chunk.indexOf(LF, at);
          const stop = end === -1 ? chunk.length : end;
          this.#lengthen(stop - at, longestInline);
          this.#reader.bytes(chunk, at, stop);
          at = stop;
          if (end !== -1) {
            this.#reader.done();
            this.#at = state.type;
            this.complete = true;
            return at + 1;
          }
          break;
        }
      }
    }
    return at;
  }

  #begin(chunk: Buffer, at: number): number {
    const byte = chunk[at];
    this.#type = byte;
    this.#size = 0;
    this.#digits = 0;
    this.#negative = false;
    if (this.#requests) {
      const expected = this.#open.length === 0 ? type.array : type.bulk;
      if (byte !== expected) {
        if (this.#open.length > 0) throw new FrameError('expected a string');
        this.#reader.value(byte, 0, 0);
        this.#at = state.inline;
        return at;
      }
      this.#at = state.size;
    } else if (line(byte)) {
      this.#reader.value(byte, 0, this.#open.length);
      this.#at = state.line;
    } else if (string(byte) || aggregate(byte)) {
      this.#at = state.size;
    } else {
      throw new FrameError('unknown type');
    }
    return at + 1;
  }

  #readSize(chunk: Buffer, at: number): number {
    for (; at < chunk.length; at++) {
      const byte = chunk[at];
      if (byte >= 0x30 && byte <= 0x39) {
        if (++this.#digits > 10) throw new FrameError('a length is too long');
        this.#size = this.#size * 10 + byte - 0x30;
      } else if (byte === CR && this.#digits > 0) {
        this.#at = state.sizeEnd;
        return at + 1;
      } else if (byte === 0x2d && this.#digits === 0 && !this.#negative) {
        this.#negative = true;
      } else {
        throw new FrameError('a length is not a number');
      }
    }
    return at;
  }

  /** A length is known: a string or an aggregate begins, or ends at once. */
  #sized(): boolean {
    const size = this.#negative ? -this.#size : this.#size;
    const depth = this.#open.length;
    if (string(this.#type)) {
      if (size > longestString || size < (this.#requests ? 0 : -1))
        throw new FrameError('a string has no such length');
      this.#reader.value(this.#type, size, depth);
      if (size <= 0) this.#reader.done();
      if (size === -1) return this.#closed();
      this.#remaining = size;
      this.#at = size === 0 ? state.stringCR : state.string;
      return false;
    }
    const values = this.#type === type.map || this.#type === type.attribute ? size * 2 : size;
    if (values < -1 || values > mostValues) throw new FrameError('an aggregate has no such length');
    if (this.#type === type.attribute) {
      if (values > 0) this.#open.push(-values);
      this.#at = state.type;
    } else {
      this.#reader.value(this.#type, values, depth);
      if (values <= 0) return this.#closed();
      this.#open.push(values);
      this.#at = state.type;
    }
    if (this.#open.length > deepest) throw new FrameError('nested too deep');
    return false;
  }

  /** A value has ended; tells whether the frame has too. */
  #closed(): boolean {
    this.#at = state.type;
    while (this.#open.length > 0) {
      const last = this.#open.length - 1;
      const left = this.#open[last];
      if (left < 0) {
        // An attribute is no value of its own: what it describes follows.
        if (left === -1) this.#open.pop();
        else this.#open[last] = left + 1;
        return false;
      }
      if (left > 1) {
        this.#open[last] = left - 1;
        return false;
      }
      this.#open.pop();
    }
    this.complete = true;
    return true;
  }

  #expect(byte: number, expected: number): void {
    if (byte !== expected) throw new FrameError('a line does not end as it should');
  }

  #lengthen(by: number, longest: number): void {
    this.#size += by;
    if (this.#size > longest) throw new FrameError('a line does not end');
  }
}

function aggregate(byte: number): boolean {
  return (
    byte === type.array ||
    byte === type.map ||
    byte === type.set ||
    byte === type.push ||
    byte === type.attribute
  );
}

function string(byte: number): boolean {
  return byte === type.bulk || byte === type.verbatim || byte === type.blobError;
}

function line(byte: number): boolean {
  return (
    byte === type.status ||
    byte === type.integer ||
    byte === type.error ||
    byte === type.null ||
    byte === type.double ||
    byte === type.boolean ||
    byte === type.big
  );
}

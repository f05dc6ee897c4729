import type { TraceCommand } from '../protocol.ts';
import type { Reply } from './command.ts';
import { type, type FrameReader } from './frame.ts';
import { cut, readable } from './quote.ts';

const longestText = 200;

const kinds: Record<number, TraceCommand['replyKind']> = {
  [type.status]: 'status',
  [type.error]: 'error',
  [type.integer]: 'integer',
  [type.bulk]: 'bulk',
  [type.array]: 'array',
  [type.map]: 'map',
  [type.set]: 'set',
  [type.double]: 'double',
  [type.boolean]: 'boolean',
  [type.big]: 'big',
  [type.null]: 'null',
  [type.push]: 'push',
  [type.verbatim]: 'bulk',
  [type.blobError]: 'error',
};

/** Reads one server's bytes into replies, of which it keeps a glance. */
export class ReplyReader implements FrameReader {
  /** The type byte of the frame. */
  type = 0;
  /** Bytes of the frame so far; counted by whoever scans. */
  wireBytes = 0;
  /** The first three values of an array or push, as text: what Pub/Sub messages begin with. */
  head: string[] = [];
  #kind: TraceCommand['replyKind'] = 'none';
  #items = 0;
  #largest = 0;
  #text = '';
  #open: { left: number; values: number; close: string; map: boolean }[] = [];
  #valueType = 0;
  #size = 0;
  #depth = 0;
  #word = Buffer.allocUnsafe(longestText);
  #kept = 0;

  /** Forgets the frame that was read. */
  next(): void {
    this.type = 0;
    this.wireBytes = 0;
    this.#text = '';
    this.#items = 0;
    this.#largest = 0;
    if (this.head.length > 0) this.head = [];
    if (this.#open.length > 0) this.#open = [];
  }

  /** The beginning of a frame that is one line. */
  get line(): string {
    return this.#text;
  }

  /** What is worth keeping of the frame. */
  get reply(): Reply {
    const kind = this.#kind;
    const code = kind === 'error' ? (/^\(error\) ([A-Z]+)/.exec(this.#text)?.[1] ?? 'ERR') : null;
    return {
      kind,
      bytes: this.wireBytes,
      code,
      items: this.#items,
      largest: this.#largest,
      text: cut(this.#text, longestText),
    };
  }

  value(kind: number, size: number, depth: number): void {
    if (depth === 0) {
      this.type = kind;
      this.#kind = size === -1 ? 'null' : (kinds[kind] ?? 'none');
    }
    this.#valueType = kind;
    this.#size = size;
    this.#depth = depth;
    this.#kept = 0;
    if (kind === type.array || kind === type.map || kind === type.set || kind === type.push)
      this.#aggregate(kind, size, depth);
    else if (size > this.#largest) this.#largest = size;
  }

  bytes(chunk: Buffer, start: number, end: number): void {
    if (this.#kept < longestText && (this.#text.length <= longestText || this.#wantsHead)) {
      this.#kept += chunk.copy(this.#word, this.#kept, start, end);
    }
  }

  done(): void {
    if (this.#wantsHead) this.head.push(this.#size === -1 ? '' : this.#word.toString('utf8', 0, this.#kept));
    if (this.#text.length > longestText) return;
    this.#add(this.#shown());
    this.#close();
  }

  get #wantsHead(): boolean {
    return this.#depth === 1 && this.head.length < 3 && (this.type === type.push || this.type === type.array);
  }

  #aggregate(kind: number, size: number, depth: number): void {
    const map = kind === type.map;
    if (depth === 0 && size > 0) this.#items = map ? size / 2 : size;
    if (this.#text.length > longestText) return;
    if (size === -1) {
      this.#add('(nil)');
      this.#close();
      return;
    }
    const braces = map || kind === type.set;
    this.#add(braces ? '{' : '[');
    this.#open.push({ left: size, values: size, close: braces ? '}' : ']', map });
    if (size === 0) this.#close(true);
  }

  /** A value is over: closes the aggregates that it was the last of. */
  #close(empty = false): void {
    for (let top = this.#open.at(-1); top; top = this.#open.at(-1)) {
      if (!empty) top.left--;
      empty = false;
      if (top.left > 0) return;
      this.#text += top.close;
      this.#open.pop();
    }
  }

  #add(text: string): void {
    const top = this.#open.at(-1);
    if (top && top.left < top.values)
      this.#text += top.map && (top.values - top.left) % 2 === 1 ? ': ' : ', ';
    this.#text += text;
  }

  #shown(): string {
    const kept = this.#word.subarray(0, this.#kept);
    switch (this.#valueType) {
      case type.status:
        return readable(kept, longestText);
      case type.error:
      case type.blobError:
        return `(error) ${readable(kept, longestText)}`;
      case type.integer:
        return `(integer) ${kept.toString('latin1')}`;
      case type.double:
        return `(double) ${kept.toString('latin1')}`;
      case type.boolean:
        return kept[0] === 0x74 ? '(true)' : '(false)';
      case type.null:
        return '(nil)';
      default:
        if (this.#size === -1) return '(nil)';
        // A verbatim string begins with its format: `txt:`.
        return inQuotes(readable(this.#valueType === type.verbatim ? kept.subarray(4) : kept, longestText));
    }
  }
}

function inQuotes(text: string): string {
  return text.startsWith('"') && text.endsWith('"') && text.length > 1 ? text : `"${text}"`;
}

/** What is kept of an error that the tap itself answers (`-OOM …`, with its end of line). */
export function errorReply(line: Buffer): Reply {
  const text = line.toString('utf8', 1, line.length - 2);
  const code = /^[A-Z]+/.exec(text)?.[0] ?? 'ERR';
  return { kind: 'error', code, bytes: line.length, items: 0, largest: 0, text: `(error) ${text}` };
}

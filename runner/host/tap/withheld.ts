/** A frame that is read whole before it passes, up to a bound; beyond it the rest passes, or is dropped, as it comes. */
export class Withheld {
  /** What happens to the rest of a frame that was too long to keep; null while it is kept. */
  rest: 'pass' | 'drop' | null = null;
  #pieces: Buffer[] = [];
  #bytes = 0;

  /** Keeps one more piece; true when there is no more room. */
  add(piece: Buffer): boolean {
    this.#pieces.push(Buffer.from(piece));
    this.#bytes += piece.length;
    return this.#bytes > most;
  }

  /** Everything kept, which is kept no more. */
  take(): Buffer {
    const bytes = Buffer.concat(this.#pieces);
    this.#pieces = [];
    this.#bytes = 0;
    return bytes;
  }
}

const most = 64 * 1024;

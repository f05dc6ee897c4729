import type { RunFrame } from './kernel.ts';

/** What of one stream of one run is shown, and what one run may say in all before it is killed; bytes. */
export const SHOWN = 64 * 1024;
export const ALLOWED = 1024 * 1024;

/** Counts what a run says: cuts each stream where it says too much, and tells when it must be stopped. */
export class Said {
  readonly #streams = { stdout: 0, stderr: 0 };
  #total = 0;

  /** True once the run has said more than any run may. */
  get isTooMuch(): boolean {
    return this.#total > ALLOWED;
  }

  /** The frame as it may be shown, or null. `length` is the frame's own size. */
  take(frame: RunFrame, length: number): RunFrame | null {
    const bytes = frame.type === 'output' ? Buffer.byteLength(frame.text) : length;
    this.#total += bytes;
    if (this.isTooMuch) return null;
    if (frame.type !== 'output') return frame;
    const before = this.#streams[frame.stream];
    this.#streams[frame.stream] = before + bytes;
    if (before + bytes <= SHOWN) return frame;
    return before > SHOWN ? null : { ...frame, text: cut(frame.text, SHOWN - before), truncated: true };
  }
}

/** The start of a text, at most so many bytes long, no character cut in two. */
function cut(text: string, bytes: number): string {
  const start = Buffer.from(text).subarray(0, bytes).toString('utf8');
  return start.endsWith('\uFFFD') && !text.startsWith(start) ? start.slice(0, -1) : start;
}

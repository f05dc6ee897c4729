/** A mistake in the course's content, told to its author in French: where, a fact, the next step. */
export class ContentFault extends Error {
  readonly file: string;
  readonly line: number | null;
  readonly fact: string;
  readonly next: string;

  constructor(file: string, line: number | null, fact: string, next: string) {
    super(`${file}${line === null ? '' : `:${line}`} — ${fact} ${next}`);
    this.name = 'ContentFault';
    this.file = file;
    this.line = line;
    this.fact = fact;
    this.next = next;
  }
}

/** A position in a text: 1-based line and column, as people count. */
export interface Position {
  line: number;
  column: number;
}

interface Splice {
  start: number;
  end: number;
  text: string;
  /** Among those at one place: what closes comes first and the inner one first, then what opens, the outer one first. */
  order: number;
}

/** Replacements in a text that never move a line, with the way back from each new position to the old one. */
export class Splices {
  readonly #before: string;
  readonly #splices: Splice[] = [];
  #after: string | undefined;

  constructor(before: string) {
    this.#before = before;
  }

  /** Replaces [start, end[; the lines it covered are kept as empty lines after the new text. */
  replace(start: number, end: number, text: string): void {
    const missing = lines(this.#before.slice(start, end)) - lines(text);
    const whole = text + '\n'.repeat(Math.max(0, missing));
    this.#splices.push({ start, end, text: whole, order: this.#splices.length });
  }

  /** Inserts before what begins at `at`; what is inserted later belongs to something inside of it. */
  open(at: number, text: string): void {
    this.replace(at, at, text);
  }

  /** Inserts after what ends at `at`; what is inserted later belongs to something inside of it. */
  close(at: number, text: string): void {
    this.#splices.push({ start: at, end: at, text, order: -this.#splices.length });
  }

  /** Erases [start, end[ without moving anything. */
  blank(start: number, end: number): void {
    this.replace(start, end, this.#before.slice(start, end).replace(/[^\n]/g, ' '));
  }

  /** The text with every replacement done. */
  apply(): string {
    if (this.#after !== undefined) return this.#after;
    this.#splices.sort((a, b) => a.start - b.start || a.end - b.end || a.order - b.order);
    let text = '';
    let from = 0;
    for (const splice of this.#splices) {
      text += this.#before.slice(from, splice.start) + splice.text;
      from = splice.end;
    }
    return (this.#after = text + this.#before.slice(from));
  }

  /** Where a position of the new text was in the old one. */
  original(position: Position): Position {
    let at = offset(this.apply(), position);
    for (const { start, end, text } of this.#splices) {
      if (at <= start) break;
      at = at < start + text.length ? start : at - text.length + (end - start);
    }
    return place(this.#before, Math.min(at, this.#before.length));
  }
}

function lines(text: string): number {
  return text.split('\n').length;
}

function offset(text: string, { line, column }: Position): number {
  let start = 0;
  for (let n = 1; n < line; n++) start = text.indexOf('\n', start) + 1;
  return start + column - 1;
}

function place(text: string, at: number): Position {
  const before = text.slice(0, at);
  return { line: lines(before), column: at - before.lastIndexOf('\n') };
}

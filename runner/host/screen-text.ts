/* oxlint-disable no-control-regex -- control characters are what this is about */
/** The longest beginning of a sequence that is kept until its end comes. */
const longestBeginning = 64;

/** Text, colours, and moves of the cursor: all that redis-cli draws with. */
const wanted = /^\x1b\[[0-9;]*[ABCDGHJKm]$/;
const sequence = /\x1b(?:\[[0-?]*[ -/]*[@-~]|[\]PX^_]|[ -/]*[0-OQ-WYZ\\`-~])/y;
/** What ends a string of the terminal: BEL, or ESC \. */
const stringEnd = /\x07|\x1b\\|\x9c/;
const secondControls = /[\x80-\x9f]/g;

/**
 * Leaves out of a terminal's output what makes a page's terminal do more than draw: strings that set its
 * title or the clipboard, questions that it would answer by typing, modes. What Redis returns can hold
 * them, and redis-cli prints a status reply as it is.
 */
export class ScreenText {
  #rest = '';
  #inString = false;

  /** What of the next part of the output may be drawn. */
  pass(text: string): string {
    let from = this.#rest + text;
    this.#rest = '';
    let drawn = '';
    while (from !== '') {
      if (this.#inString) {
        const end = stringEnd.exec(from);
        if (!end) {
          this.#rest = from.endsWith('\x1b') ? '\x1b' : '';
          break;
        }
        this.#inString = false;
        from = from.slice(end.index + end[0].length);
        continue;
      }
      const at = from.indexOf('\x1b');
      if (at < 0) {
        drawn += from;
        break;
      }
      drawn += from.slice(0, at);
      sequence.lastIndex = at;
      const found = sequence.exec(from)?.[0];
      if (found === undefined) {
        // Cut in two, or no sequence at all.
        const tail = from.slice(at);
        if (tail.length < longestBeginning && /^\x1b(?:\[?[0-?]*[ -/]*)?$/.test(tail)) this.#rest = tail;
        else from = from.slice(at + 1);
        if (this.#rest !== '') break;
        continue;
      }
      if (wanted.test(found)) drawn += found;
      this.#inString = /^\x1b[\]PX^_]$/.test(found);
      from = from.slice(at + found.length);
    }
    return drawn.replace(secondControls, '');
  }
}

import { quote } from './quote.ts';

const lifetime = 2000;
const most = 2000;

/** The host's own commands on an instance, so that a tap leaves them out of what the learner's MONITOR shows. */
export class HiddenCommands {
  #expected: { text: string; until: number }[] = [];

  /** Notes a command that the host is about to send. */
  expect(words: readonly (string | Buffer)[]): void {
    const text = words.map((word) => quote(typeof word === 'string' ? Buffer.from(word) : word)).join(' ');
    this.#expected.push({ text: text.toLowerCase(), until: performance.now() + lifetime });
    if (this.#expected.length > most) this.#expected.shift();
  }

  /** Tells whether a line of MONITOR (`1700000000.123456 [0 unix:…] "get" "k"`) shows one of them, once each. */
  takes(line: string): boolean {
    const now = performance.now();
    while (this.#expected[0] && this.#expected[0].until < now) this.#expected.shift();
    const start = line.indexOf('] ');
    if (start === -1) return false;
    const text = line.slice(start + 2).toLowerCase();
    const place = this.#expected.findIndex((expected) => expected.text === text);
    if (place === -1) return false;
    this.#expected.splice(place, 1);
    return true;
  }
}

import { quote } from './quote.ts';

const lifetime = 2000;
const most = 2000;

/** The host's own commands on an instance, so that a tap leaves them out of what the learner's MONITOR shows. */
export class HiddenCommands {
  #expected: { words: readonly (string | Buffer)[]; until: number }[] = [];

  /** Notes a command that the host is about to send. */
  expect(words: readonly (string | Buffer)[]): void {
    this.#expected.push({ words, until: performance.now() + lifetime });
    if (this.#expected.length > most * 2) this.#expected = this.#expected.slice(-most);
  }

  /** The same of a whole frame; only a status can be a line of MONITOR. */
  takesFrame(frame: Buffer): boolean {
    return frame[0] === 0x2b && this.takes(frame.toString('latin1', 1, frame.length - 2));
  }

  /** Tells whether a line of MONITOR (`1700000000.123456 [0 unix:…] "get" "k"`) shows one of them, once each. */
  takes(line: string): boolean {
    const now = performance.now();
    this.#expected = this.#expected.filter(({ until }) => until >= now);
    const start = line.indexOf('] ');
    if (start === -1) return false;
    const text = line.slice(start + 2).toLowerCase();
    const place = this.#expected.findIndex(({ words }) => written(words) === text);
    if (place === -1) return false;
    this.#expected.splice(place, 1);
    return true;
  }
}

function written(words: readonly (string | Buffer)[]): string {
  const quoted = words.map((word) => quote(typeof word === 'string' ? Buffer.from(word) : word));
  return quoted.join(' ').toLowerCase();
}

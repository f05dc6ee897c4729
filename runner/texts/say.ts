/** Turns outcome codes and their data into sentences; pure, so that the page, the command line and the server share it. */

/** What a sentence is made with. */
export type Data = Record<string, string | number | boolean>;

/** A sentence's two halves; `{name}` stands for a datum, a function for a choice between wordings. */
export type Sentence = [fact: Wording, next: Wording];
type Wording = string | ((data: Data) => string);

/** A sentence for a person: a fact, and what to do next. */
export interface Message {
  code: string;
  fact: string;
  next: string;
}

const numbers = new Intl.NumberFormat('fr-FR', { maximumFractionDigits: 1 });

/** The message of a code, or null when this locale has no such sentence or a datum of it is missing. */
export function say(sentences: Record<string, Sentence>, code: string, data: Data = {}): Message | null {
  const sentence = Object.hasOwn(sentences, code) ? sentences[code] : undefined;
  if (sentence === undefined) return null;
  const [fact, next] = sentence.map((wording) => fill(wording, data));
  return fact === null || next === null ? null : { code, fact, next };
}

/** A wording with its data in place, typeset; null when a datum is missing. */
export function fill(wording: Wording, data: Data): string | null {
  const text = typeof wording === 'function' ? wording(data) : wording;
  let whole = true;
  const filled = text.replaceAll(/\{(\w+)\}/g, (_, name: string) => {
    const value = Object.hasOwn(data, name) ? data[name] : undefined;
    if (value === undefined) whole = false;
    return typeof value === 'number' ? numbers.format(value) : String(value);
  });
  return whole ? typeset(filled) : null;
}

/** French spacing: no line breaks before a double punctuation mark, inside quotes, or before a unit. */
export function typeset(text: string): string {
  return text
    .replaceAll(/ ([:;!?»%])/g, '\u00a0$1')
    .replaceAll('« ', '«\u00a0')
    .replaceAll(/(\d) (Kio|Mio|octets?|ms|s|min|µs)\b/g, '$1\u00a0$2');
}

/** `une clé`, `3 clés`: a count with its noun. */
export function count(data: Data, name: string, one: string, many: string): string {
  const value = Number(data[name] ?? 0);
  return Math.abs(value) < 2
    ? one.replace('#', numbers.format(value))
    : many.replace('#', numbers.format(value));
}

/** A word as redis-cli and MONITOR print it: quoted, with escapes for what is no printable ASCII. */
export function quote(word: Buffer): string {
  let text = '"';
  for (const byte of word) {
    if (byte === 0x5c || byte === 0x22) text += `\\${String.fromCharCode(byte)}`;
    else if (byte === 10) text += '\\n';
    else if (byte === 13) text += '\\r';
    else if (byte === 9) text += '\\t';
    else if (byte === 7) text += '\\a';
    else if (byte === 8) text += '\\b';
    else if (byte >= 0x20 && byte < 0x7f) text += String.fromCharCode(byte);
    else text += `\\x${byte.toString(16).padStart(2, '0')}`;
  }
  return `${text}"`;
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
// oxlint-disable-next-line no-control-regex -- control characters are what is looked for
const unprintable = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/;

/**
 * Bytes as a person reads them: text when they are printable UTF-8, quoted with escapes when not. Of
 * bytes as long as `limit` the last character may have been cut.
 */
export function readable(bytes: Buffer, limit = Infinity): string {
  if (ascii(bytes)) return bytes.toString('latin1');
  const least = bytes.length >= limit ? bytes.length - 3 : bytes.length;
  for (let end = bytes.length; end >= least; end--) {
    try {
      const text = utf8.decode(bytes.subarray(0, end));
      return unprintable.test(text) ? JSON.stringify(text) : text;
    } catch {
      continue;
    }
  }
  return quote(bytes);
}

/** Whether it is printable ASCII, as nearly everything is. */
function ascii(bytes: Buffer): boolean {
  for (let place = 0; place < bytes.length; place++) {
    const byte = bytes[place];
    if (byte < 0x20 || byte > 0x7e) return false;
  }
  return true;
}

/** A key's name as text that `keyBytes` turns back into the same bytes. */
export function keyName(key: Buffer): string {
  const text = readable(key);
  return text.startsWith('"') || key.length !== Buffer.byteLength(text) ? quote(key) : text;
}

/** The key that a name from `keyName` stands for. */
export function keyBytes(name: string): Buffer {
  const [word, ...more] = name.startsWith('"') ? (words(name) ?? []) : [];
  return word && more.length === 0 ? word : Buffer.from(name);
}

/** A word as one would type it at redis-cli's prompt; of one as long as `limit` more may be missing. */
export function typed(word: Buffer, limit = Infinity): string {
  const text = readable(word, limit);
  return text === '' || (/[\s"']/.test(text) && !text.startsWith('"')) ? JSON.stringify(text) : text;
}

/** Cuts a text to so many characters, never inside one; `…` tells that it was. */
export function cut(text: string, characters: number): string {
  if (text.length <= characters) return text;
  const end = characters - 1;
  const inside = text.codePointAt(end - 1)! > 0xffff;
  return `${text.slice(0, inside ? end - 1 : end)}…`;
}

/** The words of a line in redis-cli's syntax, or null when a quote is not closed as it should be. */
export function words(line: string): Buffer[] | null {
  const found: Buffer[] = [];
  const bytes = Buffer.from(line);
  let at = 0;
  for (;;) {
    while (at < bytes.length && space(bytes[at])) at++;
    if (at >= bytes.length) return found;
    const word: number[] = [];
    let ended = false;
    while (at < bytes.length && !space(bytes[at])) {
      if (ended) return null;
      const byte = bytes[at];
      if (byte === 0x22 || byte === 0x27) {
        const next = quoted(bytes, at + 1, byte, word);
        if (next === null) return null;
        at = next;
        ended = true;
      } else {
        word.push(byte);
        at++;
      }
    }
    found.push(Buffer.from(word));
  }
}

const escapes: Record<string, number> = { n: 10, r: 13, t: 9, b: 8, a: 7 };

/** Reads to the closing quote and returns the place after it. */
function quoted(bytes: Buffer, from: number, end: number, word: number[]): number | null {
  for (let at = from; at < bytes.length; at++) {
    const byte = bytes[at];
    if (byte === end) return at + 1;
    if (byte !== 0x5c || at + 1 >= bytes.length) {
      word.push(byte);
      continue;
    }
    const next = String.fromCharCode(bytes[at + 1]);
    if (end === 0x27) {
      if (next === "'") at++;
      word.push(next === "'" ? 0x27 : byte);
      continue;
    }
    const hex = /^x([0-9a-f]{2})/i.exec(bytes.toString('latin1', at + 1, at + 4));
    if (hex) {
      word.push(Number.parseInt(hex[1], 16));
      at += 3;
    } else {
      word.push(escapes[next] ?? bytes[at + 1]);
      at++;
    }
  }
  return null;
}

function space(byte: number): boolean {
  return byte === 0x20 || (byte >= 9 && byte <= 13) || byte === 0;
}

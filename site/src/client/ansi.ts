/** Terminal colours as classes. Every other escape sequence is dropped. */
import { h } from './dom.ts';

// eslint-disable-next-line no-control-regex
const sequence = /\u001b(?:\[([0-9;:?]*)([ -/]*)([@-~])|\][^\u0007\u001b]*(?:\u0007|\u001b\\)?|[@-Z\\-_])/g;
// eslint-disable-next-line no-control-regex
const controls = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]/g;

/** Appends text to an element, its colours as spans; `\r` alone rewrites its line, as a terminal does. */
export function appendAnsi(target: HTMLElement, text: string): void {
  const style = new Set<string>();
  let from = 0;
  const flush = (until: number) => {
    const piece = rewritten(text.slice(from, until)).replaceAll(controls, '');
    if (piece) target.append(style.size > 0 ? h('span', { class: [...style].join(' ') }, piece) : piece);
  };
  for (const match of text.matchAll(sequence)) {
    flush(match.index);
    from = match.index + match[0].length;
    if (match[3] === 'm') apply(style, match[1] ?? '');
  }
  flush(text.length);
}

function apply(style: Set<string>, parameters: string): void {
  const codes = parameters === '' ? [0] : parameters.split(/[;:]/).map(Number);
  for (let index = 0; index < codes.length; index++) {
    const code = codes[index];
    if (code === 0) style.clear();
    else if (code === 1) style.add('ansi-bold');
    else if (code === 2) style.add('ansi-dim');
    else if (code === 3) style.add('ansi-italic');
    else if (code === 4) style.add('ansi-underline');
    else if (code === 22) ['ansi-bold', 'ansi-dim'].forEach((name) => style.delete(name));
    else if (code === 23) style.delete('ansi-italic');
    else if (code === 24) style.delete('ansi-underline');
    else if (code === 38 || code === 48) index += codes[index + 1] === 5 ? 2 : 4;
    else if (code === 39 || (code >= 30 && code <= 37) || (code >= 90 && code <= 97)) {
      for (const name of style) if (name.startsWith('ansi-c')) style.delete(name);
      if (code !== 39) style.add(`ansi-c${code % 10}`);
    }
  }
}

function rewritten(text: string): string {
  if (!text.includes('\r')) return text;
  return text
    .replaceAll('\r\n', '\n')
    .split('\n')
    .map((line) => line.slice(line.lastIndexOf('\r', line.length - 2) + 1).replaceAll('\r', ''))
    .join('\n');
}

/** A safe subset of Markdown as nodes: headings, paragraphs, lists, code, emphasis, links of this site and https. */
import { h } from './dom.ts';

/** Markdown from a program or a hint, as nodes; what it does not know stays text. */
export function markdown(text: string): HTMLElement {
  const block = h('div', { class: 'markdown' });
  const lines = text.replaceAll('\r\n', '\n').split('\n');
  let index = 0;
  while (index < lines.length) {
    const line = lines[index];
    const fence = /^```(\w*)/.exec(line);
    const heading = /^(#{1,4}) (.*)/.exec(line);
    const item = /^(?:[-*]|\d+[.)]) /.exec(line);
    if (fence) {
      const end = lines.findIndex((other, at) => at > index && other.startsWith('```'));
      const last = end < 0 ? lines.length : end;
      block.append(h('pre', {}, h('code', {}, lines.slice(index + 1, last).join('\n'))));
      index = last + 1;
    } else if (heading) {
      block.append(inline(h('p', { class: 'markdown-heading' }), heading[2]));
      index++;
    } else if (item) {
      const list = h(/^\d/.test(line) ? 'ol' : 'ul');
      while (index < lines.length && /^(?:[-*]|\d+[.)]) |^ {2,}\S/.test(lines[index])) {
        const entry = lines[index].replace(/^(?:[-*]|\d+[.)]) /, '');
        if (entry === lines[index]) inline(list.lastElementChild as HTMLElement, ` ${entry.trim()}`);
        else list.append(inline(h('li'), entry));
        index++;
      }
      block.append(list);
    } else if (line.trim() === '') {
      index++;
    } else {
      const paragraph: string[] = [];
      while (
        index < lines.length &&
        lines[index].trim() !== '' &&
        !/^(?:```|#{1,4} |[-*] |\d+[.)] )/.test(lines[index])
      ) {
        paragraph.push(lines[index++]);
      }
      if (paragraph.length === 0) paragraph.push(lines[index++]);
      block.append(inline(h('p'), paragraph.join(' ')));
    }
  }
  return block;
}

const spans = /(`+)(.+?)\1|\*\*(.+?)\*\*|\*([^*\s](?:[^*]*[^*\s])?)\*|\[([^\]]+)\]\(([^)\s]+)\)/;

function inline<Element extends HTMLElement>(target: Element, text: string): Element {
  const match = spans.exec(text);
  if (!match) {
    if (text) target.append(text);
    return target;
  }
  if (match.index > 0) target.append(text.slice(0, match.index));
  const [whole, , code, strong, emphasis, label, url] = match;
  if (code !== undefined) target.append(h('code', {}, code.trim()));
  else if (strong !== undefined) target.append(inline(h('strong'), strong));
  else if (emphasis !== undefined) target.append(inline(h('em'), emphasis));
  else if (label !== undefined)
    target.append(isSafe(url) ? inline(h('a', { href: url, rel: 'noreferrer' }), label) : whole);
  return inline(target, text.slice(match.index + whole.length));
}

const isSafe = (url: string) => /^(?:https:\/\/|\/(?!\/)|#)/.test(url);

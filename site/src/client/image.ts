/** An image that a program drew. */
import type { Display } from '../../../runner/protocol.ts';
import { h } from './dom.ts';

const known = new Set(['image/png', 'image/jpeg', 'image/gif', 'image/webp']);

/** An image with its alternative text; a kind that could carry a script (SVG) is told, not shown. */
export function image(item: Extract<Display, { kind: 'image' }>): HTMLElement {
  if (!known.has(item.type)) return h('p', { class: 'output-cut' }, `${item.type} : ${item.alternative}`);
  return h('img', {
    class: 'output-image',
    alt: item.alternative,
    src: `data:${item.type};base64,${item.base64}`,
  });
}

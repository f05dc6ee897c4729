/** Values that are more than text: trees, tables, Markdown, images, plots. */
import type { Display } from '../../../runner/protocol.ts';
import { h } from './dom.ts';
import { image } from './image.ts';
import { markdown } from './markdown.ts';
import { table } from './table.ts';
import { tree } from './tree.ts';

/** A value as nodes. */
export function draw(item: Exclude<Display, { kind: 'text' }>): HTMLElement {
  switch (item.kind) {
    case 'tree':
      return tree(item.tree);
    case 'table':
      return table(item.columns, item.rows, item.title);
    case 'markdown':
      return markdown(item.text);
    case 'image':
      return image(item);
    case 'plot':
    case 'histogram': {
      const figure = h('figure', { class: 'plot' });
      void import('./plot.ts').then((plot) => plot.draw(figure, item));
      return figure;
    }
  }
}

/** `<atelier-plot>`: the last plot of a cell, drawn wide where the text reads it. */
import type { Display } from '../../../runner/protocol.ts';
import { cellShown, type Cell } from './cell.ts';

export class PlotPlace extends HTMLElement {
  connectedCallback(): void {
    const area = this.querySelector<HTMLElement>('.plot-area')!;
    const empty = [...area.childNodes];
    const cell = document.querySelector<Cell>(
      `atelier-cell[data-cell="${CSS.escape(this.dataset.cell ?? '')}"]`,
    );
    let drawn: Display | undefined;
    cell?.addEventListener(cellShown, () => {
      const plot = cell.output.items.findLast((item) => item.kind === 'plot' || item.kind === 'histogram');
      if (plot === drawn) return;
      drawn = plot;
      if (!plot) return area.replaceChildren(...empty);
      void import('./plot.ts').then(async ({ draw }) => {
        if (plot === drawn) await draw(area, plot);
      });
    });
  }
}

/** Plots and histograms, drawn by uPlot. Loaded when the first one is shown. */
import Chart from 'uplot';
import styles from 'uplot/dist/uPlot.min.css?url';
import type { Display } from '../../../runner/protocol.ts';
import { fr } from '../texts/fr.ts';
import { h, loadStyles } from './dom.ts';
import { table } from './table.ts';

type Plot = Extract<Display, { kind: 'plot' }>;
type Histogram = Extract<Display, { kind: 'histogram' }>;

const tones = ['--wire', '--accent', '--good', '--warn', '--faint'];
const french = (value: number) => value.toLocaleString('fr-FR', { maximumSignificantDigits: 4 });

/** Draws into a figure: the chart, its legend, and the values as a table for who cannot see it. */
export async function draw(figure: HTMLElement, item: Plot | Histogram): Promise<void> {
  await loadStyles(styles);
  const shape = item.kind === 'plot' ? fromPlot(item) : fromHistogram(item);
  const area = h('div', {
    class: 'plot-chart',
    role: 'img',
    'aria-label': item.title ?? `${shape.y} / ${shape.x}`,
  });
  figure.replaceChildren(
    ...(item.title ? [h('p', { class: 'plot-title' }, item.title)] : []),
    area,
    values(item),
  );
  const paint = () => {
    area.replaceChildren();
    const width = Math.max(240, area.clientWidth);
    chart(area, shape, width);
  };
  paint();
  // A figure follows its column and the theme; the pair ends with it.
  let width = area.clientWidth;
  new ResizeObserver(() => {
    if (Math.abs(area.clientWidth - width) < 8) return;
    width = area.clientWidth;
    paint();
  }).observe(area);
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', paint);
  document.addEventListener('atelier:theme', paint);
}

interface Shape {
  x: string;
  y: string;
  names: string[];
  data: Chart.AlignedData;
  bars: boolean;
}

function fromPlot(item: Plot): Shape {
  const tables = item.series.map(
    ({ points }) => [points.map(([x]) => x), points.map(([, y]) => y)] as Chart.AlignedData,
  );
  const data = tables.length > 0 ? Chart.join(tables) : ([[]] as unknown as Chart.AlignedData);
  return { x: item.x, y: item.y, names: item.series.map(({ name }) => name), data, bars: false };
}

function fromHistogram(item: Histogram): Shape {
  const every = item.series.flatMap(({ values: all }) => all).toSorted((a, b) => a - b);
  const low = every[0] ?? 0;
  // The tail would flatten everything: the last class holds what lies beyond the 99th centile.
  const high = every[Math.floor(every.length * 0.99)] ?? 1;
  const classes = 40;
  const step = (high - low) / classes || 1;
  const edges = Array.from({ length: classes + 1 }, (_, index) => low + step * (index + 0.5));
  const counts = item.series.map(({ values: all }) => {
    const row = Array.from<number>({ length: classes + 1 }).fill(0);
    for (const value of all) row[Math.min(classes, Math.max(0, Math.floor((value - low) / step)))]++;
    return row;
  });
  return {
    x: item.unit,
    y: fr.output.occurrences,
    names: item.series.map(({ name }) => name),
    data: [edges, ...counts],
    bars: true,
  };
}

function chart(area: HTMLElement, shape: Shape, width: number): void {
  const color = (name: string) => resolve(area, name);
  const axis = {
    stroke: color('--soft'),
    grid: { stroke: color('--rule'), width: 1 },
    ticks: { stroke: color('--rule'), width: 1 },
    font: `12px ${getComputedStyle(area).fontFamily}`,
    labelFont: `12px ${getComputedStyle(area).fontFamily}`,
  };
  const format = (_: Chart, splits: number[]) => splits.map((value) => (value === null ? '' : french(value)));
  new Chart(
    {
      width,
      height: Math.round(Math.min(340, Math.max(200, width * 0.45))),
      scales: { x: { time: false } },
      axes: [
        { ...axis, label: shape.x, labelSize: 22, values: format },
        { ...axis, label: shape.y, labelSize: 22, size: 56, values: format },
      ],
      series: [
        { label: shape.x, value: (_: Chart, value: number | null) => (value === null ? '—' : french(value)) },
        ...shape.names.map((name, index) => ({
          label: name,
          stroke: color(tones[index % tones.length]),
          fill: shape.bars
            ? `color-mix(in srgb, ${color(tones[index % tones.length])} 35%, transparent)`
            : undefined,
          width: 2,
          dash: !shape.bars && index % 2 === 1 ? [6, 4] : undefined,
          points: { show: !shape.bars && (shape.data[0]?.length ?? 0) < 60, size: 5 },
          paths: shape.bars ? Chart.paths.bars?.({ size: [0.9, 100] }) : undefined,
          spanGaps: true,
          value: (_: Chart, value: number | null) => (value === null ? '—' : french(value)),
        })),
      ],
    },
    shape.data,
    area,
  );
}

/** The colour a variable has here and now: a canvas knows no variables. */
function resolve(element: HTMLElement, name: string): string {
  const probe = h('span', { style: `color: var(${name})`, hidden: true });
  element.append(probe);
  const { color } = getComputedStyle(probe);
  probe.remove();
  return color;
}

function values(item: Plot | Histogram): HTMLElement {
  const content =
    item.kind === 'plot'
      ? () =>
          table(
            [fr.output.series, item.x, item.y],
            item.series.flatMap(({ name, points }) => points.map(([x, y]) => [name, x, y])),
          )
      : () => {
          const at = [0.5, 0.95, 0.99];
          const rows = item.series.map(({ name, values: all }) => {
            const sorted = all.toSorted((a, b) => a - b);
            return [
              name,
              ...at.map((part) =>
                Number(
                  (sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? 0).toPrecision(4),
                ),
              ),
            ];
          });
          return table([fr.output.series, ...at.map((part) => `p${part * 100} (${item.unit})`)], rows);
        };
  const details = h('details', { class: 'plot-values' }, h('summary', {}, fr.output.plotTable));
  details.addEventListener('toggle', () => details.append(content()), { once: true });
  return details;
}

/** Diagrams drawn at build time, without a browser. */
import { renderMermaidSVG } from 'beautiful-mermaid';

/**
 * Draws a Mermaid diagram as an inline SVG: colours are the page's own variables (styles/diagram.css),
 * no font is fetched, its markers get names of their own, and `alternative` is what a screen reader says.
 */
export function drawDiagram(source: string, name: string, alternative: string): string {
  const svg = renderMermaidSVG(source, {
    bg: 'var(--paper)',
    fg: 'var(--ink)',
    transparent: true,
    padding: 8,
    font: 'inherit',
  });
  const label = alternative.replaceAll('&', '&amp;').replaceAll('"', '&quot;').replaceAll('<', '&lt;');
  return svg
    .replace(/<style>[\s\S]*?<\/style>/g, '')
    .replace(
      /^<svg ([^>]*?width="(\d+)[^>]*?) style="[^"]*"/,
      // Wide drawings shrink a little, then scroll: their words must stay readable.
      `<svg $1 style="min-width:calc($2px * .85)" role="img" aria-label="${label}"`,
    )
    .replaceAll(/(id="|url\(#)([\w-]+)/g, (_, start: string, id: string) => `${start}${name}-${id}`)
    .replaceAll(/(\d+\.\d{2})\d+/g, '$1');
}

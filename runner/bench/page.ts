/** What a page weighs on the wire before any click: the document and everything it loads by itself. */
import { get } from 'node:http';
import { single, type Figure } from './figure.ts';

/** Bytes of one file as the server sends it to a browser that accepts brotli. */
async function transferred(url: URL): Promise<{ bytes: number; text: string }> {
  const body = await new Promise<Buffer>((resolve, reject) => {
    get(url, { headers: { 'accept-encoding': 'br' } }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => resolve(Buffer.concat(chunks)));
    }).on('error', reject);
  });
  const plain = await fetch(url, { headers: { 'accept-encoding': 'identity' } });
  return { bytes: body.length, text: await plain.text() };
}

/** Weighs one page of a running server. */
export async function benchPage(address: string, path: string): Promise<Figure[]> {
  const page = new URL(path, address);
  const { bytes, text } = await transferred(page);
  const found = new Set<string>();
  const loads = [
    /<script[^>]*\ssrc="([^"]+)"/g,
    /<link[^>]*rel="(?:stylesheet|preload|modulepreload|icon)"[^>]*href="([^"]+)"/g,
    /<link[^>]*href="([^"]+)"[^>]*rel="(?:stylesheet|preload|modulepreload|icon)"/g,
    /component-url="([^"]+)"/g,
  ];
  for (const pattern of loads)
    for (const match of text.matchAll(pattern)) found.add(new URL(match[1] ?? '', page).href);
  let total = bytes;
  const queue = [...found];
  for (const href of queue) {
    const file = await transferred(new URL(href));
    total += file.bytes;
    if (!href.endsWith('.js')) continue;
    // Only static imports are fetched before a click.
    for (const match of file.text.matchAll(/(?:^|[;}])\s*import\s*(?:[\w*{}$,\s]+from)?\s*"([^"]+)"/g)) {
      const next = new URL(match[1] ?? '', href).href;
      if (!found.has(next)) {
        found.add(next);
        queue.push(next);
      }
    }
  }
  return [single(`${path} before any click, ${found.size + 1} requests, brotli`, 'KB', total / 1000, 80)];
}

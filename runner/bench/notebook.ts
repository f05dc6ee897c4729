/** What a lesson's page costs its reader, in a real Chromium: clicks, the editor, forty cells. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { AxeBuilder } from '@axe-core/playwright';
import { chromium, type Page } from '@playwright/test';
import { Rig } from '../host/rig.ts';
import type { Language } from '../protocol.ts';
import { figure, quantile, single, type Figure } from './figure.ts';

const LESSON = '/16-etudes-cas-patterns-reels/05-cas-rate-limiting-api-gateway/4-implementation/';
const FORTY = '/quarante/';
const CELLS = 40;
const SHORT: Record<Language, string> = {
  typescript: "console.log('là')",
  python: "print('là')",
  go: 'package main\n\nimport "fmt"\n\nfunc main() { fmt.Println("là") }',
};

/** In the page: the same click over and over, and the milliseconds until its first output is drawn. */
const CLICK = `async (code, count) => {
  const cell = document.querySelector('atelier-cell[data-cell="fenetre-lua"]');
  cell.replace(code);
  await cell.run();
  const output = cell.querySelector('.cell-code:not([hidden]) .output');
  const found = [];
  for (let n = 0; n < count; n++) {
    const began = performance.now();
    const first = new Promise((resolve) => {
      const observer = new MutationObserver(() => {
        if (!output.textContent.includes('là')) return;
        observer.disconnect();
        resolve(performance.now() - began);
      });
      observer.observe(output, { childList: true, subtree: true, characterData: true });
    });
    const ended = cell.run();
    found.push(await first);
    await ended;
  }
  return found;
}`;

/** In the page: every cell with this code, one after the other. */
const RUN_ALL = `async (code) => {
  for (const cell of document.querySelectorAll('atelier-cell')) {
    cell.replace(code);
    const end = await cell.run();
    if (end !== 'done') throw new Error(cell.dataset.cell + ' ended ' + end);
  }
}`;

/** Where the bench's own page of forty cells stands beside the course's, in a copy of the built site. */
export function writeForty(site: string): void {
  const html = readFileSync(join(site, LESSON, 'index.html'), 'utf8');
  const [cell] = /<atelier-cell[\s\S]*?<\/atelier-cell>/.exec(html)!;
  const id = /data-cell="([^"]+)"/.exec(cell)![1];
  const article = Array.from({ length: CELLS }, (_, n) => cell.replaceAll(id, `quarante-${n}`)).join('\n');
  const page = html.replace(/(<article[^>]*>)[\s\S]*(<\/article>)/, `$1${article}$2`);
  mkdirSync(join(site, FORTY), { recursive: true });
  writeFileSync(join(site, FORTY, 'index.html'), page);
}

/** Every figure of the notebook, on a stack whose site holds the page of forty cells. */
export async function benchNotebook(
  address: string,
  languages: Language[],
  samples: number,
): Promise<Figure[]> {
  const executablePath = process.env.CHROMIUM ?? '/usr/bin/chromium';
  const browser = await chromium.launch({
    executablePath,
    args: ['--no-sandbox', '--disable-gpu'],
  });
  const open = async (path: string) => {
    const page = await (await browser.newContext({ locale: 'fr-FR' })).newPage();
    await page.goto(address + path);
    await page.locator('atelier-bench[data-linked]').waitFor();
    return page;
  };
  try {
    const found: Figure[] = [];
    for (const language of languages) found.push(await clicks(await open(LESSON), language, samples));
    found.push(...(await editing(await open(LESSON))));
    found.push(...(await forty(await open(FORTY))));
    found.push(await violations(await open(LESSON)));
    found.push(await traced(samples));
    return found;
  } finally {
    await browser.close();
  }
}

/** From a click in the page to the first output drawn. */
async function clicks(page: Page, language: Language, samples: number): Promise<Figure> {
  await page.evaluate(`localStorage.setItem('atelier:language', '${language}')`);
  await page.reload();
  await page.locator('atelier-bench[data-linked]').waitFor();
  const count = language === 'go' ? Math.min(samples, 10) : samples;
  const times = await page.evaluate<number[]>(`(${CLICK})(${JSON.stringify(SHORT[language])}, ${count})`);
  await page.context().close();
  return figure(`page: click → first output, ${language}, warm`, 'ms', times);
}

/** From the first click on « modifier » to a caret in Monaco; from a keystroke to its red line. */
async function editing(page: Page): Promise<Figure[]> {
  const cell = page.locator('atelier-cell[data-cell="incr"]');
  const began = performance.now();
  await cell.locator('[data-do="edit"]').click();
  await page
    .locator('.monaco-editor.focused, .monaco-editor textarea:focus, .native-edit-context:focus')
    .first()
    .waitFor();
  const opened = performance.now() - began;
  await page.keyboard.press('Control+End');
  const times: number[] = [];
  for (let n = 0; n < 6; n++) {
    await page.keyboard.type(n === 0 ? '\nconst faux: number = "" ' : '"');
    const from = performance.now();
    await cell.locator('.squiggly-error').first().waitFor({ timeout: 60_000 });
    // The first waits for the types to be fetched.
    if (n > 0) times.push(performance.now() - from);
    await page.keyboard.press('Backspace');
    await page.keyboard.press('Control+Z');
    await page.keyboard.press('Control+End');
  }
  await page.context().close();
  return [
    single('first focus → Monaco with its caret', 'ms', opened, 1500),
    figure('keystroke → diagnostics', 'ms', times),
  ];
}

/** A page of forty cells: what it weighs, when it answers, what it holds once all have run and said all they may. */
async function forty(page: Page): Promise<Figure[]> {
  const session = await page.context().newCDPSession(page);
  await session.send('Network.enable');
  let bytes = 0;
  session.on('Network.loadingFinished', ({ encodedDataLength }) => (bytes += encodedDataLength));
  await session.send('Network.clearBrowserCache');
  const began = performance.now();
  await page.reload();
  await page.locator('atelier-bench[data-linked]').waitFor();
  const ready = performance.now() - began;
  const transferred = bytes;
  const memory = async () => {
    await session.send('HeapProfiler.collectGarbage');
    return rendererMemory(page);
  };
  const runAll = (code: string) => page.evaluate(`(${RUN_ALL})(${JSON.stringify(code)})`);
  await runAll(
    "import { Redis } from 'ioredis'\nvar r = new Redis()\nfor (let i = 0; i < 100; i++) await r.incr('k')\nr.disconnect()",
  );
  const ran = await memory();
  // As much as a run may say before it is cut: 64 KiB.
  await runAll("for (let i = 0; i < 900; i++) console.log('x'.repeat(72))");
  const full = await memory();
  const nodes = await page.locator('*').count();
  await page.context().close();
  return [
    single(`${CELLS} cells: transfer, nothing cached`, 'KB', transferred / 1000),
    single(`${CELLS} cells: navigation → linked and ready to run`, 'ms', ready),
    single(`${CELLS} cells: memory after all ran (100 commands each)`, 'MiB', ran, 200),
    single(
      `${CELLS} cells: memory with the largest outputs (64 KiB each), ${nodes} elements`,
      'MiB',
      full,
      200,
    ),
  ];
}

/** The memory of the page's own process, in MiB: what it alone holds, and its share of what it shares. */
async function rendererMemory(page: Page): Promise<number> {
  const session = await page.context().browser()!.newBrowserCDPSession();
  const { processInfo } = await session.send('SystemInfo.getProcessInfo');
  await session.detach();
  const sizes = processInfo
    .filter(({ type }) => type === 'renderer')
    .map(({ id }) => /^Pss:\s+(\d+)/m.exec(readFileSync(`/proc/${id}/smaps_rollup`, 'utf8')))
    .map((match) => Number(match?.[1] ?? 0) / 1024);
  return Math.max(...sizes);
}

async function violations(page: Page): Promise<Figure> {
  const found = await new AxeBuilder({ page }).analyze();
  await page.context().close();
  return single('axe violations of a lesson', '', found.violations.length, 0);
}

/** The same commands through a tap, recorded whole and not, in alternating blocks. */
async function traced(blocks: number): Promise<Figure> {
  const rig = await Rig.open();
  try {
    const { tap, port } = await rig.tap();
    const client = await rig.client(port);
    const times: Record<'whole' | 'none', number[]> = { whole: [], none: [] };
    for (let block = 0; block < Math.max(4, blocks); block++) {
      for (const kind of block % 2 === 0 ? (['whole', 'none'] as const) : (['none', 'whole'] as const)) {
        const recording = tap.record(kind === 'whole' ? {} : { commands: 0 });
        const began = performance.now();
        for (let n = 0; n < 200; n++) await client.incr('k');
        times[kind].push((performance.now() - began) / 200);
        recording.end();
      }
    }
    const price = quantile(times.whole, 0.5) / quantile(times.none, 0.5);
    return {
      ...figure('INCR through the tap, recorded', 'ms', times.whole),
      ratio: { to: 'of the time without a trace', value: price },
    };
  } finally {
    await rig.close();
  }
}

import { globSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import AxeBuilder from '@axe-core/playwright';
import { address, chapter, expect, implementation, test } from './atelier.ts';

test('a page reads without JavaScript: its prose, its code in every language, its drawings', async ({
  browser,
}) => {
  const context = await browser.newContext({ javaScriptEnabled: false });
  const page = await context.newPage();
  await page.goto(address() + implementation);
  await expect(page.locator('h1')).toHaveText('Implémentation technique');
  await expect(page.locator('atelier-cell').first()).toContainText("import { Redis } from 'ioredis'");
  const languages = page.locator('atelier-cell[data-cell="fenetre-lua"] .cell-code');
  await expect(languages).toHaveCount(3);
  for (const shown of await languages.all()) await expect(shown).toBeVisible();
  await expect(page.locator('figure.diagram svg[role="img"]').first()).toBeVisible();
  await expect(page.getByRole('button', { name: 'Exécuter' })).toHaveCount(0);
  const shown = page.locator('atelier-cell[data-cell="fenetre-naive"] .shown');
  await shown.getByText('Sortie attendue').click();
  await expect(shown).toContainText('admise');
  await context.close();
});

test('every drawing says what it shows, and fetches nothing from elsewhere', async ({ page }) => {
  const foreign: string[] = [];
  page.on('request', (request) => {
    if (!request.url().startsWith(address()) && !request.url().startsWith('data:'))
      foreign.push(request.url());
  });
  for (const part of ['3-architecture/', '4-implementation/']) {
    await page.goto(address() + chapter + part);
    for (const drawing of await page.locator('figure.diagram svg').all()) {
      expect((await drawing.getAttribute('aria-label'))!.length).toBeGreaterThan(20);
    }
  }
  expect(foreign).toEqual([]);
});

test('axe finds nothing to say, in light nor in dark', async ({ page }) => {
  test.slow();
  const violations = async (axe: AxeBuilder) =>
    (await axe.analyze()).violations.map(
      ({ id, nodes }) => `${id} ${nodes.map((node) => node.target.join(' ')).join(', ')}`,
    );
  for (const path of [
    '/',
    implementation,
    chapter,
    '/labs/16-05a-fenetre-fixe/',
    '/glossaire/',
    '/par-besoin/',
    '/404',
  ]) {
    await page.emulateMedia({ colorScheme: 'light' });
    await page.goto(address() + path);
    await page.locator('.shown').evaluateAll((all) => all.forEach((one) => one.setAttribute('open', '')));
    expect(await violations(new AxeBuilder({ page })), path).toEqual([]);
    // Only the colours differ.
    await page.emulateMedia({ colorScheme: 'dark' });
    const dark = new AxeBuilder({ page }).withRules(['color-contrast']);
    expect(await violations(dark), `${path}, dark`).toEqual([]);
  }
});

test('before any click the heaviest lesson weighs at most 80 KB on the wire, headers and questions to the server included', async ({
  page,
}) => {
  const session = await page.context().newCDPSession(page);
  await session.send('Network.enable');
  const urls = new Map<string, string>();
  const sizes: Record<string, number> = {};
  session.on('Network.responseReceived', ({ requestId, response }) => urls.set(requestId, response.url));
  session.on('Network.loadingFinished', ({ requestId, encodedDataLength }) => {
    const path = new URL(urls.get(requestId) ?? 'http://x/').pathname;
    sizes[path] = (sizes[path] ?? 0) + encodedDataLength;
  });
  await page.goto(address() + heaviest(), { waitUntil: 'load' });
  // Idle never comes on a page that keeps a connection: the lesson's state is the last thing it asks for.
  await expect(page.locator('atelier-bench')).toHaveAttribute('data-linked', '');
  await expect.poll(() => Object.keys(sizes).some((path) => path.startsWith('/api/lessons/'))).toBe(true);
  const total = Object.values(sizes).reduce((sum, size) => sum + size, 0);
  test.info().annotations.push({ type: 'weight', description: `${total} B ${JSON.stringify(sizes)}` });
  expect(total, JSON.stringify(sizes)).toBeLessThanOrEqual(80_000);
});

/** The page whose document is the largest as it is served. */
function heaviest(): string {
  const built = join(import.meta.dirname, '../dist');
  const pages = globSync('*/**/index.html.br', { cwd: built });
  const [first] = pages.toSorted((a, b) => statSync(join(built, b)).size - statSync(join(built, a)).size);
  return `/${dirname(first)}/`;
}

test('the map shows both modules, what is written and what is to come', async ({ page }) => {
  await page.goto(`${address()}/`);
  await expect(page.locator('.module')).toHaveCount(2);
  await expect(page.locator('.module .chapter-card')).toHaveCount(16);
  const soon = page.locator('.chapter-card.soon').first();
  await expect(soon).toContainText('à venir');
  await expect(soon.locator('a')).toHaveCount(0);
  await page.locator('.chapter-card a', { hasText: 'Rate limiting pour API gateway' }).click();
  await expect(page).toHaveURL(address() + chapter);
});

test('every link of the site leads somewhere', async ({ page, request }) => {
  const sitemap = await (await request.get(`${address()}/sitemap.xml`)).text();
  const pages = [...sitemap.matchAll(/<loc>[^<]*?:\/\/[^/]+([^<]*)<\/loc>/g)].map((match) => match[1]);
  expect(pages.length).toBeGreaterThan(10);
  const links = new Set<string>();
  for (const path of pages) {
    await page.goto(address() + path);
    const found = await page
      .locator('a[href^="/"]')
      .evaluateAll((all) => all.map((a) => a.getAttribute('href')!));
    for (const href of found) links.add(href);
  }
  for (const href of links) {
    const response = await request.get(address() + href.replace(/#.*$/, ''), { maxRedirects: 0 });
    expect(response.status(), href).toBe(200);
    const anchor = /#(.+)$/.exec(href)?.[1];
    if (anchor) expect(await response.text(), href).toContain(`id="${decodeURIComponent(anchor)}"`);
  }
});

test('the search finds words with accents and behind elisions', async ({ learner, page }) => {
  await learner.open('/');
  for (const [words, expected] of [
    ['fenêtre', 'Rate limiting'],
    ['empreinte', 'Implémentation technique'],
    ['instance', 'Rate limiting'],
  ] as const) {
    await page.keyboard.press('Control+k');
    await page.getByRole('searchbox', { name: 'Rechercher' }).fill(words);
    await expect(page.locator('.search-results li').first()).toBeVisible();
    await expect(page.locator('.search-results')).toContainText(expected);
    await page.keyboard.press('Escape');
    await expect(page.locator('dialog.search')).toBeHidden();
  }
  await page.keyboard.press('Control+k');
  await page.getByRole('searchbox').fill('rate limiting');
  await expect(page.locator('.search-results li').first()).toBeVisible();
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(/16-/);
});

test('an address that leads nowhere says so and shows the way', async ({ page }) => {
  const response = await page.goto(`${address()}/16-etudes-cas-patterns-reels/99-rien/`);
  expect(response?.status()).toBe(404);
  await expect(page.locator('h1')).toHaveText('Cette page n’existe pas.');
  await page.getByRole('link', { name: 'Voir la carte du cours' }).click();
  await expect(page.locator('.module').first()).toBeVisible();
});

test('the chosen theme stays, and is there before the first paint', async ({ learner, page }) => {
  await learner.open('/');
  await page.locator('atelier-theme button').click();
  await page.locator('atelier-theme button').click();
  await expect(page.locator('html')).toHaveAttribute('data-theme', 'dark');
  await learner.open(implementation);
  await expect(page.locator('html')).toHaveAttribute('data-theme', 'dark');
  expect(await page.evaluate(() => getComputedStyle(document.documentElement).colorScheme)).toBe('dark');
});

test('the chosen language of code holds over the page and afterwards', async ({ learner, page }) => {
  await learner.open(implementation);
  await learner.cell('fenetre-lua').getByRole('tab', { name: 'Python' }).click();
  await expect(learner.shown('fenetre-lua')).toContainText('import redis');
  await page.reload();
  await expect(learner.shown('fenetre-lua')).toContainText('import redis');
  await expect(learner.cell('fenetre-naive').locator('.cell-code')).toBeVisible();
});

test('on a phone nothing overflows and everything is at hand', async ({ browser }) => {
  const context = await browser.newContext({
    viewport: { width: 360, height: 740 },
    hasTouch: true,
    isMobile: true,
    locale: 'fr-FR',
  });
  const page = await context.newPage();
  for (const path of ['/', implementation, '/labs/16-05a-fenetre-fixe/']) {
    await page.goto(address() + path);
    const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    expect(overflow, path).toBeLessThanOrEqual(0);
  }
  await page.goto(address() + implementation);
  await page.locator('atelier-cell .cell-code > pre').first().tap();
  await expect(page.locator('textarea.editor-plain')).toBeFocused();
  await expect(page.locator('.monaco-editor')).toHaveCount(0);
  await context.close();
});

test('at 200 % zoom the text still fits', async ({ browser }) => {
  const context = await browser.newContext({ viewport: { width: 640, height: 450 }, deviceScaleFactor: 2 });
  const page = await context.newPage();
  await page.goto(address() + implementation);
  expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBeLessThanOrEqual(0);
  await context.close();
});

test('printed, a lesson is its text and its code', async ({ learner, page }) => {
  await learner.open(implementation);
  await page.emulateMedia({ media: 'print' });
  for (const selector of ['.header', '.sidebar', 'atelier-bench', '.run-button']) {
    await expect(page.locator(selector).first()).toBeHidden();
  }
  await expect(page.locator('atelier-cell').first()).toBeVisible();
  // What a cell shows is printed, folded as it is on the screen.
  await expect(page.locator('atelier-cell[data-cell="fenetre-naive"] .shown pre')).toBeVisible();
});

test('what a cell showed is folded under it until the learner has run it', async ({ learner }) => {
  await learner.open(implementation);
  const shown = learner.cell('fenetre-naive').locator('.shown');
  await expect(shown.locator('pre')).toBeHidden();
  await shown.locator('summary').click();
  const expected = await shown.locator('pre').textContent();
  await learner.run('fenetre-naive');
  await expect(shown).toBeHidden();
  await expect(learner.cell('fenetre-naive').locator('.output')).toContainText(expected!.split('\n')[0]);
});

import { expect, implementation, test } from './atelier.ts';

test('the trace unfolds: commands with their replies, the anti-pattern with its remedy, the keys that changed', async ({
  learner,
  page,
}) => {
  await learner.open(implementation);
  await learner.run('fenetre-naive');
  const shown = learner.shown('fenetre-naive');
  await shown.locator('.trace > summary').click();
  const commands = shown.locator('.timeline-text');
  await expect(commands.filter({ hasText: /^get naif:acme/i }).first()).toBeVisible();
  await commands
    .filter({ hasText: /^del naif:acme/i })
    .first()
    .click();
  await expect(shown.locator('.timeline-reply').first()).toContainText('Réponse');
  await expect(shown.locator('.finding').first()).toContainText('Remède');
  const key = shown.locator('.keyspace li', { hasText: 'naif:acme' });
  await expect(key).toContainText('créée');
  await expect(key).toContainText('string');
  await key.locator('summary').click();
  await expect(key.locator('.key-text')).toHaveText('10');
  await expect(page.locator('.trace-inside').first()).not.toContainText('undefined');
});

test('the slider slows every round trip, the switch breaks Redis, the code is unchanged', async ({
  learner,
  page,
}) => {
  await learner.open(implementation);
  await learner.rewrite(
    'fenetre-naive',
    "import { Redis } from 'ioredis'\nconst redis = new Redis({ retryStrategy: () => null, maxRetriesPerRequest: 0 })\nredis.on('error', () => {})\nconst start = performance.now()\nfor (let i = 0; i < 10; i++) await redis.ping()\nMath.round(performance.now() - start)",
  );
  await page.keyboard.press('Escape');
  const slider = page.getByRole('slider');
  await slider.focus();
  for (let index = 0; index < 3; index++) await page.keyboard.press('ArrowRight');
  await expect(slider).toHaveAttribute('aria-valuetext', /20/);
  expect(await learner.run('fenetre-naive')).toBe('done');
  expect(
    Number((await learner.output('fenetre-naive').innerText()).replaceAll(/\D/g, '')),
  ).toBeGreaterThanOrEqual(200);
  await page.locator('[data-role="fault"]').selectOption('readonly');
  await learner.rewrite('course', "await redis.set('k', 1)");
  await page.keyboard.press('Control+Enter');
  expect(await learner.ended('course')).toBe('code-error');
  await expect(learner.shown('course').locator('.error')).toContainText('READONLY');
});

test('redis-cli beside the text: the same Redis, kept over a reload and from page to page', async ({
  learner,
  page,
}) => {
  await learner.open(implementation);
  await page.locator('[data-panel="terminal"]').click();
  const screen = page.locator('.terminal-screen');
  await expect(screen.locator('.xterm-rows')).toContainText('6379>', { timeout: 60_000 });
  await screen.click();
  await page.keyboard.type('SET depuis:le-terminal oui\n');
  await expect(screen.locator('.xterm-rows')).toContainText('OK');
  await learner.rewrite(
    'fenetre-naive',
    "import { Redis } from 'ioredis'\nawait new Redis().get('depuis:le-terminal')",
  );
  await page.keyboard.press('Control+Enter');
  await learner.ended('fenetre-naive');
  await expect(learner.output('fenetre-naive')).toContainText('oui');
  await page.reload();
  await expect(screen.locator('.xterm-rows')).toContainText('SET depuis:le-terminal oui');
  await learner.open(implementation.replace('4-implementation', '3-architecture'));
  await expect(screen.locator('.xterm-rows')).toContainText('SET depuis:le-terminal oui');
});

test('the terminal gives the keyboard back, and its panel is resized with the keyboard', async ({
  learner,
  page,
}) => {
  await learner.open(implementation);
  await page.keyboard.press('t');
  const screen = page.locator('.terminal-screen');
  await expect(screen.locator('.xterm-rows')).toContainText('6379>', { timeout: 60_000 });
  await screen.click();
  await page.keyboard.press('Escape');
  await page.keyboard.press('Escape');
  await expect(page.locator('[data-panel="terminal"]')).toBeFocused();
  const handle = page.getByRole('separator');
  const before = (await page.locator('atelier-dock').boundingBox())!.width;
  await handle.focus();
  await page.keyboard.press('ArrowLeft');
  await expect
    .poll(async () => (await page.locator('atelier-dock').boundingBox())!.width)
    .toBeGreaterThan(before);
});

test('the terminal tells of the command being typed what it takes and costs', async ({ learner, page }) => {
  await learner.open(implementation);
  await page.locator('[data-panel="terminal"]').click();
  const screen = page.locator('.terminal-screen');
  await expect(screen.locator('.xterm-rows')).toContainText('6379>', { timeout: 60_000 });
  await screen.click();
  const help = page.getByRole('region', { name: 'Aide de la commande' });
  await expect(help).toContainText('Tapez une commande');
  await page.keyboard.type('ZADD ');
  await expect(help).toContainText('ZADD key [NX | XX]');
  await expect(help).toContainText('Ensembles triés · complexité');
  await page.keyboard.press('Control+U');
  await page.keyboard.type('xgroup create ');
  await expect(help).toContainText('XGROUP CREATE key group');
  await page.keyboard.press('Control+U');
  await expect(help).toContainText('Tapez une commande');
});

test('MONITOR in the terminal shows what a cell sends', async ({ learner, page }) => {
  await learner.open(implementation);
  await page.locator('[data-panel="terminal"]').click();
  const screen = page.locator('.terminal-screen');
  await expect(screen.locator('.xterm-rows')).toContainText('6379>', { timeout: 60_000 });
  await screen.click();
  await page.keyboard.type('MONITOR\n');
  await expect(screen.locator('.xterm-rows')).toContainText('OK');
  await learner.run('fenetre-naive');
  await expect(screen.locator('.xterm-rows')).toContainText('naif:acme');
});

test('the explorer finds keys by motif and looks inside', async ({ learner, page }) => {
  await learner.open(implementation);
  await page.locator('[data-panel="keys"]').click();
  await expect(page.locator('.keys-total')).toContainText('première exécution');
  await learner.run('fenetre-naive');
  await expect(page.locator('.keys-list li')).toHaveCount(5);
  await page.locator('.keys-pattern').fill('plan:*');
  await expect(page.locator('.keys-list li')).toHaveCount(2);
  await page.locator('.keys-list summary', { hasText: 'plan:pro' }).click();
  await expect(page.locator('.keys-content')).toContainText('capacity');
  await expect(page.locator('.keys-content')).toContainText('200');
});

import { expect, implementation, test } from './atelier.ts';

test('cells run in order, show their output, and Redis says what it saw', async ({ learner }) => {
  await learner.open(implementation);
  expect(await learner.run('fenetre-naive')).toBe('done');
  await expect(learner.output('fenetre-naive')).toContainText('10 admises sur 12, limite 10');
  await expect(learner.cell('fenetre-naive').locator('.cell-count')).toHaveText('[1]');
  await expect(learner.shown('fenetre-naive').locator('.trace-summary')).toContainText(
    /allers-retours · \d+\scommandes/,
  );
  expect(await learner.run('course')).toBe('done');
  await expect(learner.output('course')).toContainText('50 admises sur 50');
  await expect(learner.cell('course').locator('.cell-count')).toHaveText('[2]');
});

test('an error points at the learner’s line, in the text and in the editor, and is mended', async ({
  learner,
  page,
}) => {
  await learner.open(implementation);
  await learner.rewrite(
    'fenetre-naive',
    "import { Redis } from 'ioredis'\nconst redis = new Redis()\nawait redis.set('k', 'v')\nawait redis.incr('k')\n",
  );
  await page.keyboard.press('Control+Enter');
  expect(await learner.ended('fenetre-naive')).toBe('code-error');
  await expect(learner.shown('fenetre-naive').locator('.cell-status')).toContainText('Erreur à la ligne 4');
  await expect(learner.shown('fenetre-naive').locator('.error')).toContainText('not an integer');
  await expect(learner.cell('fenetre-naive').locator('.squiggly-error').first()).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(learner.shown('fenetre-naive').locator('.line-error')).toHaveText("await redis.incr('k')");
  await learner.shown('fenetre-naive').getByRole('button', { name: 'ligne 4' }).click();
  await expect(learner.cell('fenetre-naive').locator('.monaco-editor')).toBeVisible();
  await page.keyboard.press('Control+A');
  await learner.paste("console.log('réparé')");
  await page.keyboard.press('Control+Enter');
  await expect(learner.output('fenetre-naive')).toContainText('réparé');
  expect(await learner.ended('fenetre-naive')).toBe('done');
});

test('« Arrêter » ends an endless loop and an endless wait, and the cell’s state is kept', async ({
  learner,
  page,
}) => {
  await learner.open(implementation);
  await learner.rewrite('fenetre-naive', 'let kept = 41');
  await page.keyboard.press('Control+Enter');
  await learner.ended('fenetre-naive');
  for (const code of ['for (;;);', 'await new Promise(() => {})']) {
    await learner.rewrite('course', code);
    await page.keyboard.press('Control+Enter');
    const stop = learner.cell('course').getByRole('button', { name: /^Arrêter/ });
    await expect(learner.shown('course').locator('.cell-status')).toHaveText('En cours');
    await stop.click();
    expect(await learner.ended('course')).toBe('interrupted');
    await page.keyboard.press('Escape');
  }
  await learner.rewrite('incr', 'console.log(kept + 1)');
  await page.keyboard.press('Control+Enter');
  await expect(learner.output('incr')).toContainText('42');
});

test('a new kernel forgets, an empty Redis has the lesson’s seed', async ({ learner, page }) => {
  await learner.open(implementation);
  await learner.rewrite(
    'fenetre-naive',
    "import { Redis } from 'ioredis'\nconst redis = new Redis()\nawait redis.set('mienne', 1)\nawait redis.dbsize()",
  );
  await page.keyboard.press('Control+Enter');
  await learner.ended('fenetre-naive');
  await expect(learner.output('fenetre-naive')).toContainText('5');
  await page.locator('[data-do="restart"]').click();
  await expect(page.locator('.bench-notice')).toContainText('Le noyau est neuf');
  await learner.rewrite('course', 'typeof redis');
  await page.keyboard.press('Control+Enter');
  await learner.ended('course');
  await expect(learner.output('course')).toContainText('undefined');
  await page.locator('[data-do="reset"]').click();
  await expect(page.locator('.bench-notice')).toContainText('Votre Redis est neuf');
  await learner.rewrite(
    'incr',
    "const again = new (await import('ioredis')).Redis()\nawait again.keys('*').then((keys) => keys.sort().join(' '))",
  );
  await page.keyboard.press('Control+Enter');
  await learner.ended('incr');
  await expect(learner.output('incr')).toContainText('client:acme client:borealis plan:decouverte plan:pro');
});

test('Shift+Enter runs and goes on, Alt+Enter opens the next, j and k move, Escape leaves the editor', async ({
  learner,
  page,
}) => {
  await learner.open(implementation);
  await learner.edit('fenetre-naive');
  await page.keyboard.press('Shift+Enter');
  await learner.ended('fenetre-naive');
  const focused = () =>
    page.evaluate(() => document.activeElement?.closest('atelier-cell')?.getAttribute('data-cell'));
  await expect.poll(focused).toBe('course');
  await page.keyboard.press('j');
  await expect.poll(focused).toBe('incr');
  await page.keyboard.press('k');
  await expect.poll(focused).toBe('course');
  await page.keyboard.press('Alt+Enter');
  await learner.ended('course');
  await expect(learner.cell('incr').locator('.monaco-editor')).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(learner.cell('incr').locator('.monaco-editor')).toHaveCount(0);
  await expect.poll(focused).toBe('incr');
});

test('a cell whose data changed since it ran says so', async ({ learner, page }) => {
  await learner.open(implementation);
  await learner.rewrite('fenetre-naive', 'const factor = 2');
  await page.keyboard.press('Control+Enter');
  await learner.ended('fenetre-naive');
  await learner.rewrite('course', 'console.log(factor * 21)');
  await page.keyboard.press('Control+Enter');
  await learner.ended('course');
  await learner.rewrite('fenetre-naive', 'const factor = 3');
  await expect(learner.shown('fenetre-naive').locator('.cell-mark')).toHaveText('Modifiée depuis');
  await page.keyboard.press('Control+Enter');
  await learner.ended('fenetre-naive');
  await expect(learner.shown('course').locator('.cell-mark')).toContainText('factor a changé depuis');
});

test('« Tout exécuter » runs the whole page on a new kernel and stops at what fails', async ({
  learner,
  page,
}) => {
  await learner.open(implementation);
  await learner.rewrite('incr', 'throw new Error("ici")');
  await page.keyboard.press('Escape');
  await page.locator('[data-do="run-all"]').click();
  expect(await learner.ended('incr')).toBe('code-error');
  await expect(page.locator('[data-do="run-all"]')).toContainText('Tout exécuter');
  expect(await learner.cell('course').getAttribute('data-state')).toBe('done');
  expect(await learner.cell('cle-immortelle').getAttribute('data-state')).toBe('idle');
});

test('Python and Go run the same cell on the same Redis', async ({ learner }) => {
  await learner.open(implementation);
  for (const [name, words] of [
    ['Python', '10 admises sur 50'],
    ['Go', '10 admises sur 50'],
  ] as const) {
    await learner.cell('fenetre-lua').getByRole('tab', { name }).click();
    expect(await learner.run('fenetre-lua')).toBe('done');
    await expect(learner.output('fenetre-lua')).toContainText(words);
  }
  await learner.cell('fenetre-lua').getByRole('tab', { name: 'Python' }).click();
  await expect(learner.output('fenetre-lua')).toContainText('10 admises sur 50');
});

test('a click shows its output at once', async ({ learner, page }) => {
  await learner.open(implementation);
  await learner.run('fenetre-naive');
  await expect(page.locator('atelier-bench .bench-dot')).toHaveAttribute('data-state', 'ready');
});

import { readFileSync } from 'node:fs';
import { strFromU8, unzipSync } from 'fflate';
import { address, expect, implementation, serverProcess, test } from './atelier.ts';

test('code, output and trace are there again after a reload', async ({ learner, page }) => {
  await learner.open(implementation);
  await learner.rewrite('fenetre-naive', "console.log('gardé', 6 * 7)");
  await page.keyboard.press('Control+Enter');
  await learner.ended('fenetre-naive');
  await page.reload();
  await expect(learner.shown('fenetre-naive')).toContainText("console.log('gardé', 6 * 7)");
  await expect(learner.output('fenetre-naive')).toContainText('gardé 42');
  await expect(learner.cell('fenetre-naive')).toHaveAttribute('data-state', 'done');
});

test('the server killed in mid-lesson: the page says so, comes back, and nothing is lost', async ({
  learner,
  page,
}) => {
  await learner.open(implementation);
  expect(await learner.run('fenetre-naive')).toBe('done');
  await learner.edit('incr');
  process.kill(serverProcess(), 'SIGKILL');
  await expect(page.locator('.bench-notice')).toContainText('Connexion perdue');
  await learner.rewrite('incr', "console.log('écrit hors ligne')");
  await expect(page.locator('atelier-bench')).toHaveAttribute('data-linked', '', { timeout: 60_000 });
  await expect(page.locator('.bench-notice')).not.toContainText('Connexion perdue', { timeout: 60_000 });
  await page.evaluate(() => localStorage.clear());
  await expect
    .poll(async () => {
      const response = await page.request.get(`${address()}/api/lessons/16-05`);
      return JSON.stringify(((await response.json()) as { drafts: unknown }).drafts);
    })
    .toContain('écrit hors ligne');
  await page.reload();
  await expect(learner.shown('incr')).toContainText('écrit hors ligne');
  await expect(learner.output('fenetre-naive')).toContainText('10 admises sur 12');
});

test('without a network a cell is not run, and its code is kept', async ({ learner, page, context }) => {
  await learner.open(implementation);
  await page.route('**/api/**', (route) => route.abort());
  await context.setOffline(true);
  process.kill(serverProcess(), 'SIGKILL');
  await expect(page.locator('.bench-notice')).toContainText('Connexion perdue');
  await learner.cell('course').locator('[data-do="run"]').click();
  await expect(learner.shown('course').locator('.problem')).toContainText('Vous êtes hors ligne');
  await context.setOffline(false);
  await page.unroute('**/api/**');
  await page.getByRole('button', { name: 'Réessayer' }).click();
  await learner.linked();
  expect(await learner.run('fenetre-naive')).toBe('done');
});

test('when the course’s code changed since, the learner chooses', async ({ learner, page }) => {
  await learner.open(implementation);
  await page.evaluate(() => {
    const draft = { code: 'console.log("la mienne")', revision: 3, basis: 'older', saved: false };
    localStorage.setItem('atelier:draft:16-05:course:typescript', JSON.stringify(draft));
  });
  await page.reload();
  await expect(learner.cell('course').locator('.conflict')).toContainText('Le code du cours a changé');
  await learner.cell('course').getByRole('button', { name: 'Prendre la nouvelle version' }).click();
  await expect(learner.shown('course')).toContainText('gatewayA');
  await page.reload();
  await learner.linked();
  await expect(learner.cell('course').locator('.conflict')).toHaveCount(0);
  await expect(learner.shown('course')).toContainText('gatewayA');
});

test('a chapter is taken home with the learner’s own code: a notebook, and an archive', async ({
  learner,
  page,
}) => {
  await learner.open(implementation);
  await learner.rewrite('fenetre-lua', '// ma version\n');
  const download = async (name: string) => {
    const [file] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('link', { name }).click(),
    ]);
    return readFileSync(await file.path());
  };
  const files = unzipSync(await download('Projet complet'));
  const cell = Object.keys(files).find((path) => /^cells\/typescript\/\d+-fenetre-lua\.ts$/.test(path))!;
  expect(strFromU8(files[cell])).toContain('// ma version');
  expect(strFromU8(files['16-05-typescript.ipynb'])).toContain('// ma version');
  expect(Object.keys(files)).toContain('implementation/nodejs/production.ts');
  const notebook = JSON.parse(strFromU8(await download('Carnet Python'))) as { nbformat: number };
  expect(notebook.nbformat).toBe(4);
});

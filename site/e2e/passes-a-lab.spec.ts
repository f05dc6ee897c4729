import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from './atelier.ts';

const lab = '/labs/16-05a-fenetre-fixe/';
const folder = join(import.meta.dirname, '../../labs/16-05a-fenetre-fixe');
const read = (name: string) => readFileSync(join(folder, name), 'utf8');

test('the starter is refused with a reason, the typed answer passes, the solution and the difference open', async ({
  learner,
  page,
}) => {
  // Latency is measured up to three times before the solution may open.
  test.slow();
  await learner.open(lab);
  await page.locator('[data-do="verify"]').click();
  await expect(page.locator('.verdict')).toHaveAttribute('data-class', 'to-review', { timeout: 120_000 });
  await expect(page.locator('.check[data-state="failed"] .sentence').first()).toBeVisible();
  await learner.rewrite('reponse', read('solution.ts'));
  await page.keyboard.press('Control+Enter');
  await expect(page.locator('.verdict')).toHaveAttribute('data-class', 'passed', { timeout: 120_000 });
  await expect(page.locator('.cost')).toContainText('Allers-retours');
  await page.getByRole('button', { name: 'Voir la solution' }).click();
  await expect(page.locator('.solution-code')).toContainText('allow');
  await expect(page.locator('.difference')).toBeVisible();
  await page.reload();
  // A machine too busy to tell the time says so, and takes nothing away.
  await expect(page.locator('.verdict')).toHaveAttribute('data-class', /passed|inconclusive/);
  await expect(page.locator('.attempts-list li')).toHaveCount(2);
});

test('hints open one after the other', async ({ learner, page }) => {
  await learner.open(lab);
  await page.locator('.hints summary', { hasText: 'Indice 2' }).click();
  await expect(page.locator('.hints .markdown')).toHaveCount(0);
  await page.locator('.hints summary', { hasText: 'Indice 1' }).click();
  await expect(page.locator('.hints .markdown')).toHaveCount(1);
  await page.locator('.hints summary', { hasText: 'Indice 2' }).click();
  await expect(page.locator('.hints .markdown')).toHaveCount(2);
});

test('nothing of the checks, the hints or the solution is in the page before it is earned', async ({
  page,
  learner,
}) => {
  await learner.open(lab);
  const html = await page.content();
  for (const secret of ['fenetreFixe', 'both-allowed', 'Deux choses doivent être vraies'])
    expect(html).not.toContain(secret);
});

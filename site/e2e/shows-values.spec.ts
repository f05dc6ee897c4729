import { expect, implementation, test } from './atelier.ts';

test('objects fold, arrays of objects sort, plots and histograms are drawn with their values', async ({
  learner,
  page,
}) => {
  test.slow();
  await learner.open(implementation);
  await learner.rewrite('fenetre-naive', "({ nom: 'Ada', tags: ['a', 'b'], dans: { profond: true } })");
  await page.keyboard.press('Control+Enter');
  await learner.ended('fenetre-naive');
  const tree = learner.output('fenetre-naive').locator('.tree');
  await expect(tree).toContainText('nom');
  await tree.locator('summary').last().click();
  await expect(tree).toContainText('profond');

  await learner.rewrite(
    'course',
    "[{ ville: 'Lyon', n: 2 }, { ville: 'Évry', n: 10 }, { ville: 'Albi', n: 1 }]",
  );
  await page.keyboard.press('Control+Enter');
  await learner.ended('course');
  const table = learner.output('course').locator('.data-table');
  await table.getByRole('button', { name: 'ville' }).click();
  await expect(table.locator('tbody tr').first()).toContainText('Albi');
  await table.getByRole('button', { name: 'n', exact: true }).click();
  await table.getByRole('button', { name: 'n', exact: true }).click();
  await expect(table.locator('tbody tr').first()).toContainText('Évry');

  await learner.rewrite(
    'incr',
    "display.plot({ carrés: [0, 1, 4, 9] }, { title: 'Carrés' })\ndisplay.histogram({ a: [1, 2, 2, 3], b: [2, 3, 4] })",
  );
  await page.keyboard.press('Control+Enter');
  await learner.ended('incr');
  await expect(learner.output('incr').locator('canvas')).toHaveCount(2);
  await learner.output('incr').locator('.plot-values summary').first().click();
  await expect(learner.output('incr').locator('.plot-values table').first()).toContainText('carrés');
});

test('escape sequences and HTML of a program stay text; colours are shown', async ({ learner, page }) => {
  await learner.open(implementation);
  await learner.rewrite(
    'fenetre-naive',
    "console.log('<img src=x onerror=alert(1)>\\u001b[31mrouge\\u001b[0m\\u001b]0;titre\\u0007\\u001b[2Jfin')\ndisplay.markdown('**gras** <b>non</b> [ici](javascript:alert(1))')",
  );
  await page.keyboard.press('Control+Enter');
  await learner.ended('fenetre-naive');
  const output = learner.output('fenetre-naive');
  await expect(output).toContainText('<img src=x onerror=alert(1)>');
  await expect(output.locator('.ansi-c1')).toHaveText('rouge');
  await expect(output.locator('img, b, a')).toHaveCount(0);
  await expect(output.locator('strong')).toHaveText('gras');
  await expect(output).toContainText('fin');
});

test('a very long output is folded, the rest on demand', async ({ learner, page }) => {
  await learner.open(implementation);
  await learner.rewrite('fenetre-naive', 'for (let i = 1; i <= 1000; i++) console.log(`ligne ${i}`)');
  await page.keyboard.press('Control+Enter');
  await learner.ended('fenetre-naive');
  await expect(learner.output('fenetre-naive')).not.toContainText('ligne 900');
  await learner
    .output('fenetre-naive')
    .getByRole('button', { name: /lignes restantes/ })
    .click();
  await expect(learner.output('fenetre-naive')).toContainText('ligne 900');
});

test('a flood of output is cut and said, and the page stays alive', async ({ learner, page }) => {
  await learner.open(implementation);
  await learner.rewrite(
    'fenetre-naive',
    "const line = 'x'.repeat(1000)\nfor (let i = 0; i < 100000; i++) console.log(line)",
  );
  await page.keyboard.press('Control+Enter');
  expect(await learner.ended('fenetre-naive')).toBe('limit');
  await expect(learner.shown('fenetre-naive').locator('.problem')).toBeVisible();
  await learner.rewrite('course', "'toujours là'");
  await page.keyboard.press('Control+Enter');
  await learner.ended('course');
  await expect(learner.output('course')).toContainText('toujours là');
});

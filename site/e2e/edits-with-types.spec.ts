import { expect, implementation, test } from './atelier.ts';

test('`zaddd` is underlined, and a completion mends it', async ({ learner, page }) => {
  await learner.open(implementation);
  await learner.edit('incr');
  await page.keyboard.type('\nawait redis.zaddd');
  await expect(learner.cell('incr').locator('.squiggly-error').first()).toBeVisible({ timeout: 60_000 });
  for (let index = 0; index < 3; index++) await page.keyboard.press('Backspace');
  await page.keyboard.type('d');
  await expect(
    page.locator('.suggest-widget.visible .monaco-list-row', { hasText: 'zadd' }).first(),
  ).toBeVisible();
  await page.keyboard.press('Enter');
  await page.keyboard.type("('classement', 1, 'ada')");
  await expect(learner.cell('incr').locator('.view-line').last()).toContainText(
    "redis.zadd('classement', 1, 'ada')",
  );
  await expect(learner.cell('incr').locator('.squiggly-error')).toHaveCount(0, { timeout: 60_000 });
});

test('a cell knows the functions and types that earlier cells declare', async ({ learner, page }) => {
  await learner.open(implementation);
  await learner.rewrite(
    'course',
    "const verdict: boolean = await checkNaive(redis, 'acme')\nawait checkNaive(12, 'acme')",
  );
  const error = learner.cell('course').locator('.squiggly-error');
  await expect(error.first()).toBeVisible({ timeout: 60_000 });
  await expect(error).toHaveCount(1);
  await page.keyboard.press('F8');
  await expect(page.locator('.zone-widget, .marker-widget').first()).toContainText('Redis');
});

test('the editor speaks French and never traps the keyboard', async ({ learner, page }) => {
  await learner.open(implementation);
  await learner.edit('incr');
  await page.keyboard.press('F1');
  await expect(page.locator('.quick-input-widget')).toContainText('Accéder à la ligne');
  await page.keyboard.press('Escape');
  await page.keyboard.press('Escape');
  await expect(learner.cell('incr').locator('.monaco-editor')).toHaveCount(0);
  await page.keyboard.press('Tab');
  expect(await page.evaluate(() => document.activeElement?.tagName)).not.toBe('BODY');
});

test('idle and live, every word of a cell has the same colour', async ({ learner }) => {
  await learner.open(implementation);
  /** Each word with its colour, in reading order; `lines` are the lines of the text or of the editor. */
  const words = (lines: string) =>
    learner
      .cell('incr')
      .locator(lines)
      .evaluateAll((all) =>
        all
          .toSorted((a, b) => a.getBoundingClientRect().top - b.getBoundingClientRect().top)
          .flatMap((line) => {
            const texts: string[] = [];
            const walker = document.createTreeWalker(line, NodeFilter.SHOW_TEXT);
            while (walker.nextNode()) {
              const { color, fontStyle } = getComputedStyle(walker.currentNode.parentElement!);
              for (const word of walker.currentNode.textContent!.match(/[\p{L}\d_]+/gu) ?? [])
                texts.push(`${word} ${color} ${fontStyle}`);
            }
            return texts;
          }),
      );
  const idle = await words('.cell-code:not([hidden]) pre .line');
  expect(new Set(idle.map((word) => word.split(' ').slice(1).join(' '))).size).toBeGreaterThan(4);
  await learner.edit('incr');
  await expect.poll(() => words('.view-line')).toEqual(idle);
});

test('inside a call, Redis’s own commands are completed and told, in three languages', async ({
  learner,
  page,
}) => {
  await learner.open(implementation);
  await learner.rewrite('incr', 'await redis.call(');
  await page.keyboard.type("'JSON.SE");
  const list = page.locator('.suggest-widget.visible .monaco-list-row');
  await expect(list.filter({ hasText: 'JSON.SET' }).first()).toBeVisible({ timeout: 60_000 });
  await page.keyboard.press('Enter');
  await expect(learner.cell('incr').locator('.view-line')).toHaveText("await redis.call('JSON.SET'");
  await learner.rewrite('incr', "await redis.call('SET', 'k'");
  await page.keyboard.type(',');
  const hints = page.locator('.parameter-hints-widget.visible');
  await expect(hints).toContainText('SET key value [NX | XX]');
  await expect(hints.locator('.parameter.active').first()).toHaveText('value');
  await expect(hints).toContainText('complexité');
  await page.keyboard.press('Escape');
  for (const [language, code] of [
    ['Python', 'r.execute_command("ZADD", "k", 1, "m")'],
    ['Go', 'rdb.Do(ctx, "ZADD", "k", 1, "m")'],
  ] as const) {
    await learner.cell('fenetre-lua').getByRole('tab', { name: language }).click();
    await learner.rewrite('fenetre-lua', code);
    await learner.cell('fenetre-lua').locator('.view-line', { hasText: 'ZADD' }).getByText('ZADD').hover();
    await expect(page.locator('.monaco-hover:visible')).toContainText('depuis Redis 1.2.0');
    await page.keyboard.press('Escape');
  }
});

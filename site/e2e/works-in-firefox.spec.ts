import { test } from '@playwright/test';
import { address, expect, implementation } from './atelier.ts';
import { openFirefox } from './firefox.ts';

test('in Firefox a page opens, a cell runs and its output shows', async () => {
  const firefox = await openFirefox();
  try {
    await firefox.goto(address() + implementation);
    const shown = (selector: string) =>
      firefox.evaluate(`document.querySelector(${JSON.stringify(selector)})?.textContent ?? ''`);
    expect(await shown('h1')).toBe('Implémentation technique');
    await expect
      .poll(() => firefox.evaluate(`document.querySelector('atelier-bench').hasAttribute('data-linked')`))
      .toBe(true);
    const cell = 'atelier-cell[data-cell="fenetre-naive"]';
    await firefox.evaluate(`document.querySelector('${cell} [data-do="run"]').click()`);
    await expect
      .poll(() => firefox.evaluate(`document.querySelector('${cell}').dataset.state`), { timeout: 60_000 })
      .toBe('done');
    expect(await shown(`${cell} .output`)).toContain('10 admises sur 12');
    expect(await shown(`${cell} .trace-summary`)).toContain('commandes');
    expect(firefox.errors).toEqual([]);
  } finally {
    await firefox.close();
  }
});

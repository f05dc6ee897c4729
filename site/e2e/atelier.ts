/** What a learner does, for the tests: opening a page, running a cell, reading what it shows. */
import { readFileSync, readdirSync } from 'node:fs';
import { test as base, expect, type Locator, type Page } from '@playwright/test';

export { expect };

/** The address of the stack that stack.setup.ts started. */
export const address = () => process.env['ATELIER_E2E_ADDRESS']!;

/** The chapter that every test reads. */
export const chapter = '/16-etudes-cas-patterns-reels/05-cas-rate-limiting-api-gateway/';
export const implementation = `${chapter}4-implementation/`;

/** A learner in front of a page; each test is a new learner, and an error in the page's own code fails it. */
export class Learner {
  readonly page: Page;
  readonly errors: string[] = [];

  constructor(page: Page) {
    this.page = page;
    page.on('pageerror', (error) => this.errors.push(String(error.stack ?? error)));
    page.on('console', (message) => {
      if (/Content Security Policy/i.test(message.text())) this.errors.push(message.text());
    });
  }

  /** Opens a page, and waits until what runs can run. */
  async open(path: string): Promise<void> {
    await this.page.goto(address() + path);
    if ((await this.page.locator('atelier-bench').count()) > 0) await this.linked();
  }

  /** Waits until the page is linked to the server. */
  async linked(): Promise<void> {
    await expect(this.page.locator('atelier-bench')).toHaveAttribute('data-linked', '');
  }

  cell(id: string): Locator {
    return this.page.locator(`atelier-cell[data-cell="${id}"]`);
  }

  /** The part of a cell that shows its current language. */
  shown(id: string): Locator {
    return this.cell(id).locator('.cell-code:not([hidden])');
  }

  output(id: string): Locator {
    return this.shown(id).locator('.output');
  }

  /** Clicks « Exécuter » and waits for the end; says how it ended. */
  async run(id: string): Promise<string> {
    await this.cell(id).locator('[data-do="run"]').click();
    return this.ended(id);
  }

  /** Waits until a cell no longer runs. */
  async ended(id: string): Promise<string> {
    const cell = this.cell(id);
    await expect(cell).not.toHaveAttribute('data-state', /running|idle/, { timeout: 60_000 });
    return (await cell.getAttribute('data-state'))!;
  }

  /** Opens Monaco on a cell, with the caret at the end. */
  async edit(id: string): Promise<void> {
    await this.cell(id).locator('[data-do="edit"]').click();
    await expect(this.cell(id).locator('.monaco-editor .view-line').first()).toBeVisible({ timeout: 60_000 });
    await this.page.keyboard.press('Control+End');
  }

  /** Pastes, as a keyboard would: typed at once, a text would have its brackets and quotes completed. */
  async paste(text: string): Promise<void> {
    await this.page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
    await this.page.evaluate((copied) => navigator.clipboard.writeText(copied), text);
    await this.page.keyboard.press('Control+V');
  }

  /** Replaces a cell's code. */
  async rewrite(id: string, code: string): Promise<void> {
    await this.edit(id);
    await this.page.keyboard.press('Control+A');
    await this.paste(code);
  }
}

/** A test with a learner. */
export const test = base.extend<{ learner: Learner }>({
  learner: async ({ page }, use) => {
    const learner = new Learner(page);
    await use(learner);
    expect(learner.errors).toEqual([]);
  },
});

/** The process that serves: a child of the launcher, which starts another when it dies. */
export function serverProcess(): number {
  const launcher = process.env['ATELIER_E2E_LAUNCHER']!;
  const found = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
        return command.some((word) => word.endsWith('/runner/server.ts')) && isBelow(pid, launcher);
      } catch {
        return false;
      }
    });
  // setpriv and its like exec: the last one is the server itself.
  return Number(found.at(-1));
}

function isBelow(pid: string, ancestor: string): boolean {
  let current = pid;
  while (current !== '0' && current !== '1') {
    if (current === ancestor) return true;
    const stat = readFileSync(`/proc/${current}/stat`, 'utf8');
    current = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]!;
  }
  return false;
}

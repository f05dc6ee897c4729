import { defineConfig } from '@playwright/test';

/** The system's Chromium, one page at a time, on the whole stack (stack.setup.ts starts it). */
export default defineConfig({
  testDir: '.',
  testMatch: '*.spec.ts',
  globalSetup: './stack.setup.ts',
  outputDir: '../../test-results',
  // A cell compiles Go or waits for its turn; a busy machine is not a fault of the page.
  timeout: 90_000,
  globalTimeout: 30 * 60_000,
  expect: { timeout: 20_000 },
  workers: 1,
  fullyParallel: false,
  forbidOnly: true,
  // Once more on a machine that others slow down; a fault of the page fails both times, and a flaky test is printed.
  retries: 1,
  reporter: 'list',
  use: {
    locale: 'fr-FR',
    viewport: { width: 1440, height: 900 },
    contextOptions: { reducedMotion: 'reduce' },
    trace: 'retain-on-failure',
    launchOptions: {
      executablePath: process.env['CHROMIUM'] ?? '/usr/bin/chromium',
      args: [
        '--no-sandbox',
        '--disable-gpu',
        '--disable-quic',
        '--no-first-run',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
      ],
    },
  },
});

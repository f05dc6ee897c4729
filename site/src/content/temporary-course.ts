/** A course of a test's own: an empty folder that is the root for whatever is imported after this, gone with the test. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after } from 'node:test';

export const root = mkdtempSync(join(tmpdir(), 'atelier-course-'));
after(() => rmSync(root, { recursive: true }));
process.env['ATELIER_ROOT'] = root;

/** Writes a file of it, and the folders above. */
export function write(path: string, text: string): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text);
}

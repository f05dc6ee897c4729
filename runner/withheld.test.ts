/** What is built and published for everybody holds no check of a lab, and no lab's page its answers. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { unzipSync } from 'fflate';
import { readLabs } from './labs.ts';
import { secretsOf } from './secrets.ts';
import { app } from './setup/places.mjs';

const dist = process.env.ATELIER_SITE ?? join(app, 'site/dist');
const { labs } = readLabs([join(app, 'labs')]);

/** Every text of the build, what its archives hold included. */
function texts(): { name: string; text: string }[] {
  const names = readdirSync(dist, { recursive: true, encoding: 'utf8' });
  return names.flatMap((name) => {
    if (/\.(html|js|mjs|json|ipynb|xml|txt|md|map)$/.test(name))
      return [{ name, text: readFileSync(join(dist, name), 'utf8') }];
    if (!name.endsWith('.zip')) return [];
    const inside = unzipSync(readFileSync(join(dist, name)));
    return Object.entries(inside).map(([entry, bytes]) => ({
      name: `${name}:${entry}`,
      text: Buffer.from(bytes).toString('utf8'),
    }));
  });
}

/** So many lines of one lab in one text are no coincidence: one or two are everybody's. */
const LEAK = 3;

/** The secrets that a text holds. */
const heldBy = (text: string, secrets: string[][]) =>
  secrets.filter((shapes) => shapes.some((shape) => text.includes(shape))).map(([line]) => line);

/** A line as it would stand in a page, in a script, or as it is. */
const forms = (line: string) => [
  line,
  JSON.stringify(line).slice(1, -1),
  line.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;'),
];

test('no check of any lab is in what is built', () => {
  const all = texts();
  assert.ok(all.some(({ name }) => name.startsWith('labs/')));
  for (const { id, folder } of labs.values()) {
    const secrets = secretsOf(folder, /^(check|workload)\./).map(forms);
    assert.ok(secrets.length > 10, id);
    for (const { name, text } of all) {
      const held = heldBy(text, secrets);
      assert.ok(held.length < LEAK, `${name} holds of ${id}:\n${held.join('\n')}`);
    }
  }
});

test('no page of a lab holds a solution, another answer or a hint', () => {
  const pages = texts().filter(({ name }) => name.startsWith('labs/'));
  for (const { id, folder, hints } of labs.values()) {
    const told = secretsOf(folder, /^solution\.|^attempts\/./);
    const opened = hints.flatMap((hint) => hint.split('\n')).filter((line) => line.trim().length > 25);
    const secrets = [...new Set([...told, ...opened])].map(forms);
    for (const { name, text } of pages) {
      // A page in colours has its words in elements of their own.
      const plain = text.replaceAll(/<[^>]*>/g, '');
      const held = heldBy(plain, secrets);
      assert.ok(held.length < LEAK, `${name} holds of ${id}:\n${held.join('\n')}`);
    }
  }
});

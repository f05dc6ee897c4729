/** The built site: pages, editor bundle, search index. site/build.ts rebuilds only what changed. */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { app } from './places.mjs';
import { node } from './packages.mjs';
import { run } from './step.mjs';

const stamp = join(app, 'site/dist/.inputs');

/** Everything the site is made of, by path, size and content. */
function inputs() {
  const hash = createHash('sha256');
  const read = (/** @type {string} */ path) => hash.update(path).update(readFileSync(path));
  for (const room of ['course', 'labs', 'site'])
    for (const path of readdirSync(join(app, room), { recursive: true, encoding: 'utf8' }).toSorted()) {
      if (/(^|\/)(dist|node_modules|\.astro|e2e|_editor|types|test-results|__pycache__)(\/|$)/.test(path))
        continue;
      const whole = join(app, room, path);
      if (statSync(whole).isFile()) read(whole);
    }
  read(join(app, 'package-lock.json'));
  return hash.digest('hex');
}

/** @returns {import('./step.mjs').Step} */
export function builtSite() {
  return {
    name: 'site',
    fix: 'npm run build',
    missing: () => (existsSync(stamp) && readFileSync(stamp, 'utf8') === inputs() ? null : 'build'),
    async make(say) {
      const before = inputs();
      await run(node, [join(app, 'site/build.ts')], { cwd: app, say });
      writeFileSync(stamp, before);
    },
  };
}

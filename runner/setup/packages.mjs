/** The packages of package-lock.json, Node 24 among them. */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { app } from './places.mjs';
import { CannotDo, run } from './step.mjs';

const stamp = join(app, 'node_modules', '.atelier-lock');
const lockHash = () =>
  createHash('sha256')
    .update(readFileSync(join(app, 'package-lock.json')))
    .digest('hex');

/** The Node 24 of the lock file. */
export const node = join(app, 'node_modules', `node-linux-${process.arch}`, 'bin', 'node');

/** @returns {import('./step.mjs').Step} */
export function npmPackages() {
  return {
    name: 'npm packages',
    fix: 'npm ci',
    missing: () => {
      const current = existsSync(stamp) ? readFileSync(stamp, 'utf8') : '';
      return current === lockHash() && existsSync(node) ? null : 'npm ci';
    },
    async make(say) {
      const npm = process.env.npm_execpath;
      if (npm) await run(process.execPath, [npm, 'ci', '--loglevel=error'], { cwd: app, say });
      else await run('npm', ['ci', '--loglevel=error'], { cwd: app, say });
      if (!existsSync(node))
        throw new CannotDo('npm brought no Node 24 for this processor', 'npm ci --include=optional');
      writeFileSync(stamp, lockHash());
    },
  };
}

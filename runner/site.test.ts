import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { brotliCompressSync, brotliDecompressSync, gunzipSync } from 'node:zlib';
import { Site } from './site.ts';

let folder: string;
let site: Site;
const html = `<!doctype html><title>Accueil</title>${'<p>é</p>'.repeat(300)}`;

before(() => {
  folder = mkdtempSync(join(tmpdir(), 'atelier-site-'));
  const write = (path: string, content: string | Buffer) => {
    mkdirSync(join(folder, 'dist', path, '..'), { recursive: true });
    writeFileSync(join(folder, 'dist', path), content);
  };
  write('index.html', html);
  write(
    '404.html',
    '<!doctype html><meta http-equiv="Content-Security-Policy" content="default-src \'none\'">Perdu',
  );
  write('16-cas/page/index.html', '<!doctype html>Page');
  write('_astro/app.a1B2c3D4.js', 'export {};');
  write('pagefind/index.json', '{}');
  write('pagefind/index.json.br', brotliCompressSync('{"precompressed":true}'));
  write('.secret', 'caché');
  writeFileSync(join(folder, 'outside.txt'), 'dehors');
  symlinkSync('/etc', join(folder, 'dist/.etc'));
  site = new Site(join(folder, 'dist'));
});

after(() => rmSync(folder, { recursive: true, force: true }));

test('pages are compressed for who accepts it, and revalidated', async () => {
  const plain = await site.answer('/', '', '');
  assert.equal(plain.status, 200);
  assert.equal(plain.body?.toString(), html);
  assert.equal(plain.headers['cache-control'], 'no-cache');
  const br = await site.answer('/', 'gzip, br', '');
  assert.equal(brotliDecompressSync(br.body!).toString(), html);
  const gzip = await site.answer('/', 'gzip', '');
  assert.equal(gunzipSync(gzip.body!).toString(), html);
  assert.equal(new Set([plain, br, gzip].map((page) => page.headers['etag'])).size, 3);
  const again = await site.answer('/', 'gzip, br', br.headers['etag']);
  assert.deepEqual([again.status, again.body], [304, null]);
});

test('hashed files are kept for ever; a precompressed neighbour is preferred', async () => {
  const script = await site.answer('/_astro/app.a1B2c3D4.js', '', '');
  assert.match(script.headers['cache-control'], /immutable/);
  assert.match(script.headers['content-type'], /^text\/javascript/);
  const index = await site.answer('/pagefind/index.json', 'br', '');
  assert.equal(brotliDecompressSync(index.body!).toString(), '{"precompressed":true}');
  assert.equal(index.headers['cache-control'], 'no-cache');
});

test('a page without a policy of its own gets a strict one', async () => {
  assert.match((await site.answer('/', '', '')).headers['content-security-policy'], /script-src 'self';/);
  assert.equal(
    (await site.answer('/nowhere', '', '')).headers['content-security-policy'],
    "frame-ancestors 'none'",
  );
});

test('folders are redirected to their slash, strangers to the 404 page', async () => {
  const moved = await site.answer('/16-cas/page', '', '');
  assert.deepEqual([moved.status, moved.headers['location']], [308, '/16-cas/page/']);
  assert.equal((await site.answer('/16-cas/page/', '', '')).status, 200);
  for (const path of ['/nowhere', '/nowhere/', '/16-cas/', '/index.html/', '//evil.example/16-cas/page']) {
    const page = await site.answer(path, '', '');
    assert.equal(page.status, 404, path);
    assert.match(page.body!.toString(), /Perdu/);
  }
});

test('nothing outside the folder is ever served', async () => {
  const paths = [
    '/../outside.txt',
    '/%2e%2e/outside.txt',
    '/..%2foutside.txt',
    '/%2e%2e%2foutside.txt',
    '/.secret',
    '/.etc/passwd',
    '/%00',
    '/..\\outside.txt',
    '/%',
  ];
  for (const path of paths) {
    const page = await site.answer(path, '', '');
    assert.equal(page.status, 404, path);
    assert.doesNotMatch(page.body?.toString() ?? '', /dehors|caché|root:/);
  }
});

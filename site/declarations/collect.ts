/**
 * Collects what the editor must know of packages: every declaration file that ioredis reaches, Node's
 * included, as one JSON object path → text. Node's comments are left out (they are most of its weight).
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const here = dirname(fileURLToPath(import.meta.url));
const root = join(here, '../..');
const out = join(here, '../public/types');
const entry = join(here, 'entry.ts');

const program = ts.createProgram([entry], {
  target: ts.ScriptTarget.ESNext,
  module: ts.ModuleKind.ESNext,
  moduleResolution: ts.ModuleResolutionKind.Bundler,
  types: ['node'],
  lib: ['lib.es2024.d.ts'],
  noEmit: true,
});

const files: Record<string, string> = {
  'node_modules/display/index.d.ts': readFileSync(join(here, 'display.d.ts'), 'utf8'),
  'node_modules/topology/index.d.ts': readFileSync(join(here, 'topology.d.ts'), 'utf8'),
};
const packages = new Set<string>();
for (const { fileName, text } of program.getSourceFiles()) {
  const path = relative(root, fileName);
  const name = /^node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1];
  if (!name || name === 'typescript') continue;
  packages.add(name);
  files[path] = name === '@types/node' || name === 'undici-types' ? withoutComments(text) : text;
}
for (const name of packages) {
  const path = `node_modules/${name}/package.json`;
  const { version, types, typings, main, exports } = JSON.parse(
    readFileSync(join(root, path), 'utf8'),
  ) as Record<string, unknown>;
  files[path] = JSON.stringify({ name, version, types, typings, main, exports });
}
mkdirSync(out, { recursive: true });
writeFileSync(join(out, 'ioredis.json'), JSON.stringify(files));
console.log(`${Object.keys(files).length} declaration files of ${[...packages].join(', ')}`);

/** A declaration file without its block comments; directives (`///`) stay. */
function withoutComments(text: string): string {
  const scanner = ts.createScanner(ts.ScriptTarget.ESNext, false, ts.LanguageVariant.Standard, text);
  let kept = '';
  for (let token = scanner.scan(); token !== ts.SyntaxKind.EndOfFileToken; token = scanner.scan()) {
    if (token === ts.SyntaxKind.MultiLineCommentTrivia) continue;
    kept += scanner.getTokenText();
  }
  return kept.replaceAll(/[ \t]+$/gm, '').replaceAll(/\n{2,}/g, '\n');
}

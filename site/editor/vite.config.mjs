/** Monaco, built apart from the pages: it changes rarely and must weigh nothing until a cell is edited. */
import { writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';

const here = dirname(fileURLToPath(import.meta.url));
const out = join(here, '../public/_editor');

/** Cells run in Node: the declarations of browsers are a third of the worker, and would suggest what is not there. */
const withoutBrowserLibraries = {
  name: 'without-browser-libraries',
  transform(code, id) {
    if (!id.endsWith('/features/typescript/lib/lib.js')) return null;
    return code.replaceAll(/^libFileMap\["lib\.(?:dom|webworker|scripthost)[^"]*"\] = (['"]).*\1;$/gm, '');
  },
};

export default defineConfig({
  root: here,
  base: '/_editor/',
  publicDir: false,
  worker: { format: 'es', plugins: () => [withoutBrowserLibraries] },
  build: {
    outDir: out,
    emptyOutDir: true,
    target: 'es2022',
    cssCodeSplit: false,
    modulePreload: false,
    chunkSizeWarningLimit: 10_000,
    rollupOptions: {
      input: join(here, 'main.ts'),
      preserveEntrySignatures: 'strict',
      output: { format: 'es' },
    },
  },
  plugins: [
    {
      name: 'manifest',
      writeBundle(_, bundle) {
        const files = Object.values(bundle);
        const script = files.find((file) => file.type === 'chunk' && file.isEntry);
        const style = files.find((file) => file.fileName.endsWith('.css'));
        // What the entry will ask for next, so that a page can ask for all of it at once.
        const bundled = files.find((file) => file.type === 'chunk' && file.name === 'bundle');
        const next = [bundled, ...files.filter((file) => bundled.imports.includes(file.fileName))];
        const url = (file) => `/_editor/${file.fileName}`;
        writeFileSync(
          join(out, 'manifest.json'),
          JSON.stringify({ script: url(script), style: url(style), next: next.map(url) }),
        );
      },
    },
  ],
});

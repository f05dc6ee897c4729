/** Monaco, built apart from the pages: it changes rarely and must weigh nothing until a cell is edited. */
import { writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';

const here = dirname(fileURLToPath(import.meta.url));
const out = join(here, '../public/_editor');

export default defineConfig({
  root: here,
  base: '/_editor/',
  publicDir: false,
  worker: { format: 'es' },
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
        writeFileSync(
          join(out, 'manifest.json'),
          JSON.stringify({ script: `/_editor/${script.fileName}`, style: `/_editor/${style.fileName}` }),
        );
      },
    },
  ],
});

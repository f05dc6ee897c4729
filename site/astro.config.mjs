import { defineConfig } from 'astro/config';
import mdx from '@astrojs/mdx';
import { satteri } from '@astrojs/markdown-satteri';
import { fences } from './src/content/fences.ts';
import { atelier } from './src/content/integration.ts';
import { classes } from './src/content/highlight.ts';
import { themes } from './src/content/themes.ts';

const server = process.env.ATELIER_SERVER ?? 'http://127.0.0.1:4321';

export default defineConfig({
  site: process.env.ATELIER_URL ?? 'http://localhost:4321',
  output: 'static',
  trailingSlash: 'always',
  build: { inlineStylesheets: 'never' },
  integrations: [mdx(), atelier()],
  markdown: {
    shikiConfig: { themes, defaultColor: 'light-dark()', transformers: [classes] },
    processor: satteri({
      mdastPlugins: [fences()],
      features: {
        // English curly quotes are wrong in French, and hide « instance » of « l'instance » from the search.
        smartPunctuation: { quotes: false },
        gfm: { footnotes: { label: 'Notes', backLabel: 'Retour à la référence {reference}' } },
      },
    }),
  },
  devToolbar: { enabled: false },
  vite: {
    // Scripts stay files: the content security policy allows no inline one.
    build: { assetsInlineLimit: 0 },
    server: {
      fs: { allow: ['..'] },
      proxy: { '/api': server, '/healthz': server, '/ws': { target: server, ws: true } },
    },
  },
});

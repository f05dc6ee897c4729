/** What the course adds to Astro: its checks when an author works, `lessons.json` and the site map after a build. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { AstroIntegration } from 'astro';
import { downloadsOf } from './archive.ts';
import { checkCourse, siteUrls } from './checks.ts';
import { allChapters, readCourse } from './course.ts';
import { lessonsOf } from './lessons.ts';

/** The course's own Astro integration. */
export function atelier(): AstroIntegration {
  let site = '';
  return {
    name: 'atelier-redis',
    hooks: {
      'astro:config:done': ({ config }) => {
        site = (config.site ?? '').replace(/\/$/, '');
      },
      'astro:server:start': ({ logger }) => {
        for (const fault of checkCourse(readCourse())) logger.warn(fault.message);
      },
      'astro:build:done': ({ dir }) => {
        const modules = readCourse();
        const file = (name: string) => fileURLToPath(new URL(name, dir));
        writeFileSync(file('lessons.json'), JSON.stringify(lessonsOf(modules)));
        mkdirSync(file('emporter'), { recursive: true });
        for (const chapter of allChapters(modules))
          for (const { name, content } of downloadsOf(chapter, site))
            writeFileSync(file(`emporter/${name}`), content);
        const urls = siteUrls(modules).map((url) => `<url><loc>${site}${url}</loc></url>`);
        writeFileSync(
          file('sitemap.xml'),
          `<?xml version="1.0" encoding="UTF-8"?>\n<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">${urls.join('')}</urlset>\n`,
        );
        writeFileSync(file('robots.txt'), `User-agent: *\nAllow: /\nSitemap: ${site}/sitemap.xml\n`);
      },
    },
  };
}

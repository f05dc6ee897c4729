/** What the course adds to Astro's build: its checks before, `lessons.json` and the site map after. */
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
      'astro:build:start': ({ logger }) => {
        const faults = checkCourse(readCourse());
        // While a chapter is being written, ATELIER_DRAFTS=1 publishes it as it is.
        if (process.env.ATELIER_DRAFTS === '1') faults.forEach((fault) => logger.warn(fault.message));
        else if (faults.length > 0) {
          throw new Error(
            `Le contenu du cours a ${faults.length} faute(s) :\n${faults.map((fault) => `  • ${fault.message}`).join('\n')}`,
          );
        }
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

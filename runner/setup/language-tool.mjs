/** LanguageTool, which proofreads the course's French, from its Maven package. */
import { existsSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { app, cache, languageTool } from './places.mjs';
import { run } from './step.mjs';

/** @returns {import('./step.mjs').Step} */
export function languageToolJars() {
  const pom = join(app, 'site/proofread/pom.xml');
  const fresh = `${languageTool}.new`;
  return {
    name: 'LanguageTool',
    fix: `mvn -f ${pom} dependency:copy-dependencies -DoutputDirectory=${languageTool}`,
    missing: () => (existsSync(languageTool) ? null : 'download (90 MB)'),
    async make(say) {
      await mkdir(cache, { recursive: true });
      await rm(fresh, { recursive: true, force: true });
      await run('mvn', ['-q', '-B', '-f', pom, 'dependency:copy-dependencies', `-DoutputDirectory=${fresh}`], { say }); // prettier-ignore
      await rename(fresh, languageTool);
    },
  };
}

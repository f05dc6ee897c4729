/** `npm run proofread [-- FILE…]`: the French of the course, read by LanguageTool. See site/proofread/. */
import { spawnSync } from 'node:child_process';
import { join, resolve } from 'node:path';
import { app, languageTool } from '../setup/places.mjs';

const script = join(app, 'site/proofread/proofread.ts');
const files = process.argv.slice(2).map((file) => resolve(file));
const { status } = spawnSync(process.execPath, [script, ...files], {
  stdio: 'inherit',
  env: { ...process.env, LANGUAGETOOL: languageTool },
});
process.exit(status ?? 1);

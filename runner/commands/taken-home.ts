/** A chapter as its reader takes it home: unpacked in a folder of its own, started on a Redis Stack of its own. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { unzipSync } from 'fflate';
import { startRedis } from '../bench/redis.ts';
import { app } from '../setup/places.mjs';
import type { Count } from './suites.ts';

/** The archives that the built site offers. */
export const archives = () => globSync(join(app, 'site/dist/emporter/*.zip')).toSorted();

/** `npm install` (or this project's own packages) then `npm start`: how it ended, and what it said. */
export async function startAtHome(
  archive: string,
  install: boolean,
): Promise<{ code: number; said: string }> {
  const folder = mkdtempSync(join(tmpdir(), 'atelier-home-'));
  const redis = await startRedis();
  try {
    for (const [path, content] of Object.entries(unzipSync(readFileSync(archive)))) {
      mkdirSync(join(folder, dirname(path)), { recursive: true });
      writeFileSync(join(folder, path), content);
    }
    if (install) {
      const installed = await run('npm', ['install', '--no-audit', '--no-fund'], folder);
      if (installed.code !== 0) return installed;
    } else symlinkSync(join(app, 'node_modules'), join(folder, 'node_modules'));
    return await run('npm', ['start'], folder, { REDIS_URL: redis.url });
  } finally {
    await redis.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Every archive of the site, installed and started as at home. */
export async function testTakenHome(): Promise<Count> {
  const count: Count = { passed: 0, failed: 0, skipped: 0 };
  for (const archive of archives()) {
    const { code, said } = await startAtHome(archive, true);
    console.log(`${code === 0 ? '✔' : '✖'} ${basename(archive)}${code === 0 ? '' : `\n${said}`}`);
    if (code === 0) count.passed++;
    else count.failed++;
  }
  return count;
}

async function run(
  command: string,
  words: string[],
  cwd: string,
  environment: NodeJS.ProcessEnv = {},
): Promise<{ code: number; said: string }> {
  const path = `${dirname(process.execPath)}:${process.env.PATH}`;
  const child = spawn(command, words, { cwd, env: { ...process.env, ...environment, PATH: path } });
  let said = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => (said += text));
  const [code] = (await once(child, 'close')) as [number | null];
  return { code: code ?? 1, said };
}

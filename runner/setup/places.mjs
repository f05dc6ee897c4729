/** Where set-up puts what it brings. Downloads are a cache: deleting it costs a download, never data. */
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The clone. */
export const app = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/** Root keeps its downloads where other root sessions find them; anybody else in their own cache folder. */
export const cache =
  process.env.ATELIER_CACHE || join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'atelier-redis');

/** The official Redis Stack build, unpacked: bin/ and lib/. */
export const redisStack = join(cache, 'redis-stack-7.4.0-v1');

/** redis-py and what it needs, for Python boxes. */
export const python = join(cache, 'python');

/** The Go toolchain, its module cache and the archives of everything a cell may import. */
export const go = join(cache, 'go');

/** LanguageTool and what it needs, for the proofreading of the course. */
export const languageTool = join(cache, 'languagetool-6.6');

/** Prometheus as Debian builds it, for the tests of the course's dashboards. */
export const prometheus = join(cache, 'prometheus');

/** Everything that is kept lives here (learners, drafts, attempts). */
export const data =
  process.env.ATELIER_DATA ||
  (process.getuid?.() === 0
    ? '/var/lib/atelier-redis'
    : join(process.env.XDG_DATA_HOME || join(homedir(), '.local/share'), 'atelier-redis'));

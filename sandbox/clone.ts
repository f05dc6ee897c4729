/** A copy of what of this clone the sandbox runs on, in a folder of a test's choosing. */
import { spawn, type ChildProcess } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  copyFileSync,
  cpSync,
  lchownSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { packageClosure } from './packages.ts';
import { installedPaths } from './provisions.ts';

const app = dirname(import.meta.dirname);

/** The copy, with a Node of its own; `run` starts a script there that imports from './sandbox/…'. */
export class Clone {
  readonly folder: string;
  readonly node: string;
  readonly #parent: string;

  /** `mode` is that of the parent folder: 0o700 is a home that nobody else enters. */
  constructor(mode: number, owner = 0) {
    this.#parent = mkdtempSync('/var/tmp/atelier-clone-');
    this.folder = join(this.#parent, 'clone');
    this.node = join(this.#parent, 'node');
    const modules = join(app, 'node_modules');
    copyFileSync(process.execPath, this.node);
    for (const room of ['sandbox', 'package.json'])
      cpSync(join(app, room), join(this.folder, room), { recursive: true });
    for (const name of packageClosure(modules, ['ioredis', 'acorn', '@lydell/node-pty'])) {
      cpSync(join(modules, name), join(this.folder, 'node_modules', name), { recursive: true });
    }
    // The cache it is installed in may be one that the clone's owner cannot enter.
    cpSync(installedPaths().redisStack!, this.#redisStack, { recursive: true, dereference: true });
    mkdirSync(join(this.#parent, 'data'));
    for (const path of readdirSync(this.#parent, { recursive: true, encoding: 'utf8' })) {
      lchownSync(join(this.#parent, path), owner, owner);
    }
    chownSync(this.#parent, owner, owner);
    chmodSync(this.#parent, mode);
  }

  get #redisStack(): string {
    return join(this.#parent, 'redis-stack');
  }

  /** Where the clone may keep what it keeps. */
  get data(): string {
    return join(this.#parent, 'data');
  }

  /** Runs a script in the copy; `as` is a command that becomes another user, for instance. */
  run(script: string, environment: Record<string, string> = {}, as: string[] = []): ChildProcess {
    const [command, ...rest] = [...as, this.node, this.write('script.ts', script)];
    const env = { PATH: process.env.PATH, REDIS_STACK_DIR: this.#redisStack, ...environment };
    return spawn(command, rest, { stdio: ['ignore', 'pipe', 'inherit'], env, cwd: '/' });
  }

  /** Adds a file to the copy; returns its path. */
  write(name: string, text: string): string {
    const path = join(this.folder, name);
    writeFileSync(path, text);
    return path;
  }

  remove(): void {
    rmSync(this.#parent, { recursive: true, force: true });
  }
}

/** The trusted programs (server, hosts): started as the system user, started again when they die. */
import { spawn, type ChildProcess } from 'node:child_process';
import { setTimeout as wait } from 'node:timers/promises';

/** A program of ours that the launcher keeps running. `{app}`, `{data}`, `{node}` and `{run}` in argv and env are replaced by its paths. */
export interface TrustedProgram {
  name: string;
  argv: string[];
  env: Record<string, string>;
  /** A host may ask for boxes; a server may not. */
  role: 'server' | 'host';
}

/** How a trusted program runs. */
export interface ProgramSetting {
  /** Null without root: it runs as the operator. */
  user: { uid: number; gid: number } | null;
  replacements: Record<string, string>;
  onStart: (child: ChildProcess) => void;
}

const firstPauseMs = 100;
const longestPauseMs = 5000;
const steadyMs = 10_000;
const patienceMs = 8000;

/** One trusted program and its lives. */
export class ProgramKeeper {
  readonly #program: TrustedProgram;
  readonly #setting: ProgramSetting;
  #child: ChildProcess | null = null;
  #stopping = false;
  #ended: Promise<unknown> = Promise.resolve();
  #pauseMs = firstPauseMs;

  constructor(program: TrustedProgram, setting: ProgramSetting) {
    this.#program = program;
    this.#setting = setting;
    this.#start();
  }

  signal(signal: NodeJS.Signals): void {
    this.#child?.kill(signal);
  }

  /** Asks it to end, then makes it. */
  async stop(signal: NodeJS.Signals): Promise<void> {
    this.#stopping = true;
    this.#child?.kill(signal);
    const deadline = setTimeout(() => this.#child?.kill('SIGKILL'), patienceMs);
    await this.#ended;
    clearTimeout(deadline);
  }

  #start(): void {
    const { user, replacements, onStart } = this.#setting;
    const fill = (text: string): string =>
      text.replace(/\{(\w+)\}/g, (all, name: string) => replacements[name] ?? all);
    const argv = [...setprivArguments(user), ...this.#program.argv.map(fill)];
    const given = Object.fromEntries(
      Object.entries(this.#program.env).map(([name, value]) => [name, fill(value)]),
    );
    const env = { PATH: process.env.PATH ?? '/usr/bin:/bin', ...given, ATELIER_LAUNCHER: `${process.pid}` };
    const child = spawn(argv[0], argv.slice(1), {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
      env,
      cwd: replacements.app,
    });
    this.#child = child;
    const started = performance.now();
    this.#ended = new Promise<void>((resolve) => {
      child.once('exit', (code, signal) => {
        resolve();
        void this.#restart(code, signal, performance.now() - started);
      });
      child.once('error', (error) => {
        process.stderr.write(`launcher: ${this.#program.name} cannot start: ${error.message}\n`);
        resolve();
      });
    });
    onStart(child);
  }

  async #restart(code: number | null, signal: NodeJS.Signals | null, livedMs: number): Promise<void> {
    this.#child = null;
    if (this.#stopping) return;
    this.#pauseMs = livedMs > steadyMs ? firstPauseMs : Math.min(this.#pauseMs * 2, longestPauseMs);
    process.stderr.write(
      `launcher: ${this.#program.name} ended (${signal ?? code}), again in ${this.#pauseMs} ms\n`,
    );
    await wait(this.#pauseMs);
    if (!this.#stopping) this.#start();
  }
}

/** Drops root for good, and ties the program's life to ours: a killed launcher leaves no program. */
export function setprivArguments(user: ProgramSetting['user']): string[] {
  const life = ['setpriv', '--no-new-privs', '--pdeathsig', 'KILL'];
  if (!user) return [...life, '--'];
  const drop = ['--reuid', `${user.uid}`, '--regid', `${user.gid}`, '--init-groups'];
  return [...life, ...drop, '--inh-caps=-all', '--bounding-set=-all', '--'];
}

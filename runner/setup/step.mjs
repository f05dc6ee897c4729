/**
 * One step of set-up: a state that can be looked at, and a way to reach it.
 * @typedef {object} Step
 * @property {string} name what a person calls it
 * @property {() => string | null | Promise<string | null>} missing null when it is done, else what is missing, in a few words
 * @property {(say: (line: string) => void) => Promise<void>} make reaches the state, telling its progress
 * @property {string} fix the command that does it by hand
 * @property {string[]} [system] what it installs on the system, for the question asked first
 */
import { spawn } from 'node:child_process';

/** A step that cannot be done: what is missing, and the command that fixes it. */
export class CannotDo extends Error {
  /** @param {string} fact @param {string} fix */
  constructor(fact, fix) {
    super(fact);
    this.fix = fix;
  }
}

/**
 * Runs a command and gives its standard output; its last lines of errors are the message when it fails.
 * @param {string} command @param {string[]} args
 * @param {{cwd?: string, env?: NodeJS.ProcessEnv, say?: (line: string) => void, umask?: boolean}} [options]
 * @returns {Promise<string>}
 */
export function run(command, args, options = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd: options.cwd,
      env: { ...process.env, ...options.env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let out = '';
    let errors = '';
    child.stdout.on('data', (chunk) => {
      out += chunk;
      options.say?.(lastLine(String(chunk)));
    });
    child.stderr.on('data', (chunk) => {
      errors = (errors + chunk).slice(-2000);
      options.say?.(lastLine(String(chunk)));
    });
    child.on('error', (error) => reject(error));
    child.on('close', (code) => {
      if (code === 0) resolve(out);
      else
        reject(
          new Error(`${command} ${args[0] ?? ''} ended with ${code}: ${(errors || out).trim().slice(-600)}`),
        );
    });
  });
}

/** @param {string} text */
function lastLine(text) {
  return text.trim().split('\n').at(-1) ?? '';
}

/**
 * Does the steps that are not done, one line each; the first that cannot be done ends it.
 * @param {Step[]} steps
 */
export async function make(steps) {
  const terminal = process.stdout.isTTY;
  for (const step of steps) {
    const missing = await step.missing();
    if (missing === null) continue;
    const started = performance.now();
    const say = (/** @type {string} */ line) => {
      if (terminal && line)
        process.stdout.write(
          `\r\x1b[K· ${step.name}: ${line.slice(0, process.stdout.columns - step.name.length - 5)}`,
        );
    };
    if (!terminal) console.log(`· ${step.name}: ${missing}…`);
    say(`${missing}…`);
    try {
      await step.make(say);
      const still = await step.missing();
      if (still !== null) throw new CannotDo(still, step.fix);
    } catch (error) {
      if (terminal) process.stdout.write('\r\x1b[K');
      if (error instanceof CannotDo) throw error;
      throw new CannotDo(`${step.name}: ${error instanceof Error ? error.message : error}`, step.fix);
    }
    if (terminal) process.stdout.write('\r\x1b[K');
    console.log(`✓ ${step.name} (${((performance.now() - started) / 1000).toFixed(1)} s)`);
  }
}

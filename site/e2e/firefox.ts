/** The system's Firefox, driven by WebDriver BiDi over its own socket: Playwright drives a patched one only. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

/** One tab of one Firefox. */
export interface Firefox {
  goto(url: string): Promise<void>;
  /** The value of an expression in the page, awaited. */
  evaluate(expression: string): Promise<unknown>;
  /** What the page's own code threw. */
  errors: string[];
  close(): Promise<void>;
}

interface Answer {
  id?: number;
  method?: string;
  error?: string;
  message?: string;
  params?: { type: string; level: string; text: string };
  result?: Record<string, unknown>;
}

/** Starts Firefox without a window, on a profile of its own. */
export async function openFirefox(): Promise<Firefox> {
  const profile = mkdtempSync(join(tmpdir(), 'atelier-firefox-'));
  const program = process.env['FIREFOX'] ?? '/usr/bin/firefox-esr';
  const words = ['--headless', '--no-remote', '--profile', profile, '--remote-debugging-port', '0'];
  const child = spawn(program, words, {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { ...process.env, HOME: profile, MOZ_CRASHREPORTER_DISABLE: '1' },
  });
  const ended = once(child, 'exit');
  const address = await Promise.race([
    listening(createInterface({ input: child.stderr })),
    ended.then(() => Promise.reject(new Error('Firefox ended at once'))),
  ]);
  const socket = new WebSocket(`${address}/session`);
  const errors: string[] = [];
  const waiting = new Map<number, PromiseWithResolvers<Record<string, unknown>>>();
  socket.addEventListener('message', ({ data }) => {
    const { id, method, error, message, params, result } = JSON.parse(String(data)) as Answer;
    if (method === 'log.entryAdded' && params?.type === 'javascript' && params.level === 'error')
      errors.push(params.text);
    const asked = id === undefined ? undefined : waiting.get(id);
    if (error) asked?.reject(new Error(`${error}: ${message}`));
    else asked?.resolve(result ?? {});
  });
  await once(socket, 'open');
  let last = 0;
  const ask = (method: string, params: Record<string, unknown> = {}) => {
    const asked = Promise.withResolvers<Record<string, unknown>>();
    waiting.set(++last, asked);
    socket.send(JSON.stringify({ id: last, method, params }));
    return asked.promise;
  };
  await ask('session.new', { capabilities: {} });
  await ask('session.subscribe', { events: ['log.entryAdded'] });
  const { context } = await ask('browsingContext.create', { type: 'tab' });
  return {
    errors,
    async goto(url) {
      await ask('browsingContext.navigate', { context, url, wait: 'complete' });
    },
    async evaluate(expression) {
      const answer = (await ask('script.evaluate', {
        expression,
        target: { context },
        awaitPromise: true,
      })) as { type: string; result?: { value?: unknown }; exceptionDetails?: { text: string } };
      if (answer.type !== 'success') throw new Error(answer.exceptionDetails?.text);
      return answer.result?.value;
    },
    async close() {
      socket.close();
      child.kill();
      await ended;
      rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

async function listening(lines: AsyncIterable<string>): Promise<string> {
  for await (const line of lines) {
    const [, address] = /WebDriver BiDi listening on (ws:\/\/\S+)/.exec(line) ?? [];
    if (address) return address;
  }
  throw new Error('Firefox does not say where it listens');
}

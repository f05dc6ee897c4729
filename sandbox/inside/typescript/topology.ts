/**
 * Gives the cells of a kernel that runs on several nodes their `topology`: each call is one request to a
 * port of the box, behind which the host does what is asked. To be imported before what lists the globals.
 */
import { request } from 'node:http';
import type { TopologyObject } from './topology-object.ts';

/** As in sandbox/topology.ts, which is not in the box. */
const DESK_PORT = 16_000;

const methods: (keyof TopologyObject)[] = [
  'nodes',
  'primary',
  'kill',
  'revive',
  'hang',
  'wake',
  'isolate',
  'link',
  'promote',
  'successor',
  'failover',
  'mend',
];

if (process.env.ATELIER_PORTS?.split(',').includes(`${DESK_PORT}`)) {
  const value = Object.fromEntries(methods.map((name) => [name, (...words: unknown[]) => ask(name, words)]));
  Object.defineProperty(globalThis, 'topology', { value, configurable: true, writable: true });
}

/** Why the host did not do it; the platform says the rest in the learner's language. */
class TopologyError extends Error {
  override name = 'TopologyError';
  readonly code: string;

  constructor(code: string, asked: string) {
    super(`topology.${asked}`);
    this.code = code;
  }
}

async function ask(name: string, words: unknown[]): Promise<unknown> {
  const asked = `${name}(${words.map((word) => JSON.stringify(word)).join(', ')})`;
  const here = new TopologyError('TOPOLOGY_GONE', asked);
  const path = ['', name, ...words.map((word) => encodeURIComponent(String(word)))].join('/');
  const reply = await fetched(path).catch(() => {
    throw here;
  });
  if (reply.error === undefined) return reply.value ?? undefined;
  throw Object.assign(here, { code: reply.error });
}

async function fetched(path: string): Promise<{ value?: unknown; error?: string }> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const asking = request({ host: '127.0.0.1', port: DESK_PORT, path, method: 'POST', agent: false });
  asking.on('error', reject).on('response', (response) => {
    let text = '';
    response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
    response.on('end', () => resolve(text)).on('error', reject);
  });
  asking.end();
  return JSON.parse(await promise) as { value?: unknown; error?: string };
}

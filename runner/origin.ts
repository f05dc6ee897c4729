/** Whether a request was meant for this server: the wall against DNS rebinding and foreign pages. */
import type { IncomingMessage } from 'node:http';

/** Who may be named in Host and Origin. */
export interface Names {
  hosts: Set<string>;
  origins: Set<string>;
}

/** The names this server answers to: where it listens, this machine, and its public origin. */
export function namesOf(host: string, port: number, origin: string | null): Names {
  const local = ['localhost', '127.0.0.1', '[::1]'];
  const listening = host === '0.0.0.0' || host === '::' ? [] : [host.includes(':') ? `[${host}]` : host];
  const hosts = [...local, ...listening].flatMap((name) =>
    port === 80 ? [name, `${name}:80`] : [`${name}:${port}`],
  );
  const origins = hosts.map((name) => `http://${name.replace(/:80$/, '')}`);
  if (origin === null) return { hosts: new Set(hosts), origins: new Set(origins) };
  return { hosts: new Set([...hosts, new URL(origin).host]), origins: new Set([...origins, origin]) };
}

/** Why a request is refused at the door, or null. A request without Origin comes from no page. */
export function foreign(
  names: Names,
  headers: IncomingMessage['headers'],
): 'foreign-host' | 'foreign-origin' | null {
  if (!names.hosts.has((headers.host ?? '').toLowerCase())) return 'foreign-host';
  if (headers.origin !== undefined && !names.origins.has(headers.origin.toLowerCase()))
    return 'foreign-origin';
  return null;
}

/** The address a request came from, IPv6 by its /64: what one person commands. */
export function addressOf(request: IncomingMessage, behindProxy: boolean): string {
  const forwarded = behindProxy ? request.headers['x-forwarded-for'] : undefined;
  const last = (Array.isArray(forwarded) ? forwarded.at(-1) : forwarded)?.split(',').at(-1)?.trim();
  const address = (last || request.socket.remoteAddress || 'unknown').replace(/^::ffff:(?=\d+\.)/, '');
  return address.includes(':') ? address.split(':').slice(0, 4).join(':') : address;
}

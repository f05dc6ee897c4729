/** The built site, as files: compressed, cached as long as they may be, and never beyond their folder. */
import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { extname, join, sep } from 'node:path';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';

/** What answers a request for a file. */
export interface Page {
  status: number;
  headers: Record<string, string>;
  body: Buffer<ArrayBuffer> | null;
}

const TYPES: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.mjs': 'text/javascript; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.map': 'application/json; charset=utf-8',
  '.webmanifest': 'application/manifest+json',
  '.xml': 'application/xml; charset=utf-8',
  '.txt': 'text/plain; charset=utf-8',
  '.md': 'text/plain; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.jpg': 'image/jpeg',
  '.webp': 'image/webp',
  '.avif': 'image/avif',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
  '.ttf': 'font/ttf',
  '.wasm': 'application/wasm',
  '.zip': 'application/zip',
  '.ipynb': 'application/x-ipynb+json',
};
const COMPRESSIBLE = /^text\/|json|xml|svg|manifest|ttf/;
/** Files whose name carries a hash of their content. */
const IMMUTABLE = /^\/(_astro|_editor\/assets)\/|[.-][\w-]{8,}\.(js|css|woff2|wasm)$/;
const STRICT_POLICY =
  "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self' data:; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";
const MAX_CACHED = 64 * 1024 * 1024;

interface Cached {
  stamp: string;
  body: Buffer<ArrayBuffer>;
  tag: string;
  policy: string | null;
}

const brotli = promisify(brotliCompress);
const zip = promisify(gzip);

/** Serves the files of one folder. */
export class Site {
  readonly #folder: string;
  readonly #cache = new Map<string, Cached>();
  #cached = 0;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Answers for one URL path; what does not exist is the site's own 404 page. */
  async answer(path: string, accepts: string, known: string): Promise<Page> {
    const file = await this.#resolve(path);
    if (file === null) {
      const missing = await this.#read(join(this.#folder, '404.html'), '/404.html', accepts);
      return missing === null
        ? { status: 404, headers: { 'content-type': 'text/plain; charset=utf-8' }, body: Buffer.from('404') }
        : { ...missing, status: 404 };
    }
    if (file.endsWith('/')) return { status: 308, headers: { location: file }, body: null };
    const page = await this.#read(join(this.#folder, file), file, accepts);
    if (page === null) return { status: 404, headers: {}, body: null };
    if (known !== '' && known === page.headers['etag']) {
      const { 'content-type': _, ...headers } = page.headers;
      return { status: 304, headers, body: null };
    }
    return page;
  }

  /** The file behind a URL path; ends with `/` when the visitor is to be sent there; null when there is none. */
  async #resolve(path: string): Promise<string | null> {
    let name: string;
    try {
      name = decodeURIComponent(path);
    } catch {
      return null;
    }
    if (name.includes('\0') || name.includes('\\') || name.split('/').some((part) => part.startsWith('.')))
      return null;
    if (!join(this.#folder, name).startsWith(this.#folder + sep) && name !== '/') return null;
    if (name.endsWith('/'))
      return (await isFile(join(this.#folder, name, 'index.html'))) ? `${name}index.html` : null;
    if (await isFile(join(this.#folder, name))) return name;
    return (await isFile(join(this.#folder, name, 'index.html')))
      ? `${encodeURI(name).replace(/^\/+/, '/')}/`
      : null;
  }

  async #read(file: string, name: string, accepts: string): Promise<Page | null> {
    const type = TYPES[extname(name)] ?? 'application/octet-stream';
    const encoding = COMPRESSIBLE.test(type) ? encodingFor(accepts) : null;
    const cached = await this.#load(file, type, encoding);
    if (cached === null) return null;
    const headers: Record<string, string> = {
      'content-type': type,
      etag: cached.tag,
      'cache-control': IMMUTABLE.test(name) ? 'public, max-age=31536000, immutable' : 'no-cache',
      vary: 'Accept-Encoding',
    };
    if (encoding !== null) headers['content-encoding'] = encoding;
    if (cached.policy !== null) headers['content-security-policy'] = cached.policy;
    return { status: 200, headers, body: cached.body };
  }

  async #load(file: string, type: string, encoding: 'br' | 'gzip' | null): Promise<Cached | null> {
    const facts = await stat(file).catch(() => null);
    if (facts === null) return null;
    const key = `${encoding} ${file}`;
    const stamp = `${facts.mtimeMs} ${facts.size}`;
    const known = this.#cache.get(key);
    if (known?.stamp === stamp) return known;
    const plain = await readFile(file);
    const cached: Cached = {
      stamp,
      body: await compressed(file, plain, facts.mtimeMs, encoding),
      tag: `"${createHash('sha256').update(plain).digest('base64url').slice(0, 22)}${encoding ?? ''}"`,
      policy: type.startsWith('text/html') ? policyFor(plain.toString()) : null,
    };
    this.#cached += cached.body.length - (known?.body.length ?? 0);
    this.#cache.set(key, cached);
    if (this.#cached > MAX_CACHED) {
      this.#cache.clear();
      this.#cached = 0;
    }
    return cached;
  }
}

/** A page that brings its own policy only needs what a meta element cannot say. */
function policyFor(html: string): string {
  return /http-equiv=["']?content-security-policy/i.test(html) ? "frame-ancestors 'none'" : STRICT_POLICY;
}

function encodingFor(accepts: string): 'br' | 'gzip' | null {
  if (/\bbr\b/.test(accepts)) return 'br';
  return /\bgzip\b/.test(accepts) ? 'gzip' : null;
}

/** The bytes to send: the file's precompressed neighbour when it is at least as new, else compressed now. */
async function compressed(
  file: string,
  plain: Buffer<ArrayBuffer>,
  mtimeMs: number,
  encoding: 'br' | 'gzip' | null,
): Promise<Buffer<ArrayBuffer>> {
  if (encoding === null) return plain;
  const neighbour = `${file}.${encoding === 'br' ? 'br' : 'gz'}`;
  const facts = await stat(neighbour).catch(() => null);
  if (facts !== null && facts.mtimeMs >= mtimeMs) return readFile(neighbour);
  if (encoding === 'gzip') return zip(plain);
  return brotli(plain, { params: { [constants.BROTLI_PARAM_QUALITY]: 5 } });
}

async function isFile(path: string): Promise<boolean> {
  return stat(path).then(
    (facts) => facts.isFile(),
    () => false,
  );
}

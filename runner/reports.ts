/**
 * Signed reports: what this server says of an attempt that it graded itself, as a compact JWS (EdDSA). The
 * key is made at the first need and stays in the data folder; a command line on a learner's machine has
 * none, so that it cannot vouch for its own verdict.
 */
import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  sign,
  verify,
} from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Verdict } from './host/protocol.ts';

/** What a report says; times are seconds, as JWT has them. */
export interface ReportClaims {
  iss: string;
  sub: string;
  iat: number;
  attempt: string;
  lab: string;
  language: string;
  /** Of the code that was handed in, in hex. */
  sha256: string;
  handedIn: number;
  class: Verdict['class'];
  points: number;
  outOf: number;
  hints: number;
  checks: { id: string; state: string; points: number }[];
  versions: Verdict['versions'];
}

/** The key of this server, and what it signs. */
export class Reports {
  readonly #file: string;
  #keys: ReturnType<typeof readKeys> | null = null;

  constructor(data: string) {
    this.#file = join(data, 'keys', 'reports.pem');
  }

  /** The public key, as a JWK whose `kid` is its thumbprint (RFC 7638). */
  get key(): Record<string, unknown> {
    const { kid, jwk } = this.#open();
    return { ...jwk, kid, alg: 'EdDSA', use: 'sig' };
  }

  /** A report as a compact JWS. */
  sign(claims: ReportClaims): string {
    const { kid, secret } = this.#open();
    const head = encode({ alg: 'EdDSA', typ: 'JWT', kid });
    const signed = `${head}.${encode(claims)}`;
    return `${signed}.${sign(null, Buffer.from(signed), secret).toString('base64url')}`;
  }

  /** What a report says when this server signed it, or null. */
  read(report: string): ReportClaims | null {
    const [head = '', body = '', signature = '', ...rest] = report.split('.');
    if (rest.length > 0) return null;
    const { kid, open } = this.#open();
    try {
      const { alg, kid: named } = JSON.parse(Buffer.from(head, 'base64url').toString());
      if (alg !== 'EdDSA' || named !== kid) return null;
      const genuine = verify(null, Buffer.from(`${head}.${body}`), open, Buffer.from(signature, 'base64url'));
      return genuine ? JSON.parse(Buffer.from(body, 'base64url').toString()) : null;
    } catch {
      return null;
    }
  }

  #open(): ReturnType<typeof readKeys> {
    return (this.#keys ??= readKeys(this.#file));
  }
}

function readKeys(file: string) {
  try {
    const { privateKey } = generateKeyPairSync('ed25519');
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    // Never over a key that is there: reports signed with it are still around.
    writeFileSync(file, privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600, flag: 'wx' });
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
  }
  const secret = createPrivateKey(readFileSync(file));
  const open = createPublicKey(secret);
  const { crv, kty, x } = open.export({ format: 'jwk' });
  const jwk = { crv, kty, x };
  return { secret, open, jwk, kid: createHash('sha256').update(JSON.stringify(jwk)).digest('base64url') };
}

function encode(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

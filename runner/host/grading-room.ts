import { readFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gradingContext, type GradingContext } from './grade/context.ts';
import { Loans } from './grade/loans.ts';
import { gradeAttempt } from './grade/grade.ts';
import type { InstancePool } from './instance-pool.ts';
import type { KernelSource } from './kernel/kernel.ts';
import type { HostRequest } from './protocol.ts';
import { RequestError, type Line, type Room } from './room.ts';

/** What attempts are graded with. */
export interface GradingParts extends Line {
  instances: InstancePool;
  kernels: KernelSource;
  redisVersion: string;
}

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/** The attempts of a host whose role is `grading`. */
export class GradingRoom implements Room {
  readonly sessions = 0;
  readonly #parts: GradingParts;
  readonly #context: GradingContext;
  /** What each attempt that somebody still waits for has been lent. */
  readonly #awaited = new Map<string, Loans>();

  constructor(parts: GradingParts) {
    this.#parts = parts;
    const { kernels, instances, redisVersion } = parts;
    this.#context = gradingContext({
      kernels,
      instances,
      rooms: [join(root, 'labs'), ...(process.env.ATELIER_LABS ?? '').split(delimiter).filter(Boolean)],
      versions: { server: serverVersion(), driver: `local, redis ${redisVersion}` },
    });
  }

  get instances(): number {
    return [...this.#awaited.values()].reduce((sum, loans) => sum + loans.instances, 0);
  }

  async ask(request: HostRequest): Promise<void> {
    if (request.type === 'cancel') await this.#cancel(request.attempt);
    else if (request.type === 'grade') await this.#grade(request.attempt, request.request);
    else throw new RequestError('wrong-host');
  }

  async clear(): Promise<void> {
    await Promise.all([...this.#awaited.keys()].map((attempt) => this.#cancel(attempt)));
  }

  async #grade(attempt: string, request: Extract<HostRequest, { type: 'grade' }>['request']): Promise<void> {
    const loans = new Loans(this.#context);
    this.#awaited.set(attempt, loans);
    const tell: Line['tell'] = (event) => loans.ended || this.#parts.tell(event);
    try {
      const verdict = await gradeAttempt(request, loans.context, {
        check: (check) => tell({ type: 'check', attempt, check }),
        verdict: (known) => tell({ type: 'verdict', attempt, verdict: known, final: false }),
        timing: (place) => tell({ type: 'timing', attempt, place }),
      });
      tell({ type: 'verdict', attempt, verdict, final: true });
    } finally {
      if (this.#awaited.get(attempt) === loans) this.#awaited.delete(attempt);
    }
  }

  async #cancel(attempt: string): Promise<void> {
    const loans = this.#awaited.get(attempt);
    this.#awaited.delete(attempt);
    await loans?.end();
  }
}

function serverVersion(): string {
  const manifest: unknown = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const known = manifest !== null && typeof manifest === 'object' && 'version' in manifest;
  return known ? String(manifest.version) : '?';
}

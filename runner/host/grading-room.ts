import { readFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gradingContext, type GradingContext } from './grade/context.ts';
import type { GradingInstance } from './grade/ground.ts';
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
  /** Attempts that are being graded and that somebody still waits for. */
  readonly #awaited = new Set<string>();
  readonly #lent = new Set<GradingInstance>();

  constructor(parts: GradingParts) {
    this.#parts = parts;
    const { kernels, instances, redisVersion } = parts;
    const context = gradingContext({
      kernels,
      instances,
      rooms: [join(root, 'labs'), ...(process.env.ATELIER_LABS ?? '').split(delimiter).filter(Boolean)],
      versions: { server: serverVersion(), driver: `local, redis ${redisVersion}` },
    });
    this.#context = {
      ...context,
      openInstance: async (needs, seed) => this.#lend(await context.openInstance(needs, seed)),
    };
  }

  get instances(): number {
    return this.#lent.size;
  }

  async ask(request: HostRequest): Promise<void> {
    if (request.type === 'cancel') this.#awaited.delete(request.attempt);
    else if (request.type === 'grade') await this.#grade(request.attempt, request.request);
    else throw new RequestError('wrong-host');
  }

  async clear(): Promise<void> {
    this.#awaited.clear();
    await Promise.all([...this.#lent].map((instance) => instance.close()));
  }

  async #grade(attempt: string, request: Extract<HostRequest, { type: 'grade' }>['request']): Promise<void> {
    this.#awaited.add(attempt);
    const tell: Line['tell'] = (event) => !this.#awaited.has(attempt) || this.#parts.tell(event);
    const verdict = await gradeAttempt(request, this.#context, {
      check: (check) => tell({ type: 'check', attempt, check }),
      verdict: (known) => tell({ type: 'verdict', attempt, verdict: known, final: false }),
    });
    tell({ type: 'verdict', attempt, verdict, final: true });
    this.#awaited.delete(attempt);
  }

  #lend(instance: GradingInstance): GradingInstance {
    this.#lent.add(instance);
    void instance.lost.then(() => this.#lent.delete(instance));
    return instance;
  }
}

function serverVersion(): string {
  const manifest: unknown = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const known = manifest !== null && typeof manifest === 'object' && 'version' in manifest;
  return known ? String(manifest.version) : '?';
}

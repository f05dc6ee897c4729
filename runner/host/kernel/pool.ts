/**
 * Kernels kept warm: booted off the click's path, claimed by one learner, then killed, never reused.
 *
 * As many are warm as clicks are expected at the same time, because a burst larger than the pool waits
 * for boots. A start that fails is tried again later and later; a claim does not wait for that, it
 * tries once itself and says what went wrong.
 */
import { availableParallelism } from 'node:os';
import type { Job, Sandbox } from '../../../sandbox/run.ts';
import type { Language } from '../protocol.ts';
import { BoxedKernel } from './boxed-kernel.ts';
import { CompiledKernel } from './compiled-kernel.ts';
import type { Kernel, KernelNeeds, KernelSource } from './kernel.ts';

/** What every kernel may use unless its lesson needs more; MiB. */
export const DEFAULT_NEEDS: KernelNeeds = { memory: 256, disk: 16 };
/** More warm kernels than this would cost more memory than they save time. */
const MOST_WARM = 32;
const REFILL_MS = 300;
const FIRST_DELAY_MS = 200;
const LAST_DELAY_MS = 30_000;

/** Makes one kernel, ready for its first request. */
export type StartKernel = (sandbox: Sandbox, language: Language, needs: KernelNeeds) => Promise<Kernel>;

/** The kernels of one language. */
interface Shelf {
  readonly language: Language;
  readonly warm: Kernel[];
  readonly waiting: PromiseWithResolvers<Kernel>[];
  /** How many clicks are expected. */
  size: number;
  starting: number;
  failures: number;
  retry: NodeJS.Timeout | null;
}

export class KernelPool implements KernelSource {
  readonly #sandbox: Sandbox;
  readonly #start: StartKernel;
  readonly #shelves = new Map<Language, Shelf>();
  readonly #used = new Set<Kernel>();
  #closed = false;

  /** `sizes` are the languages to keep warm from the start, with the clicks expected for each. */
  constructor(
    sandbox: Sandbox,
    sizes: Partial<Record<Language, number>> = {},
    start: StartKernel = startKernel,
  ) {
    this.#sandbox = sandbox;
    this.#start = start;
    for (const [language, clicks] of Object.entries(sizes)) this.expect(language as Language, clicks);
  }

  get counts(): { warm: number; used: number } {
    const warm = [...this.#shelves.values()].reduce((sum, shelf) => sum + shelf.warm.length, 0);
    return { warm, used: this.#used.size };
  }

  expect(language: Language, clicks: number): void {
    const shelf = this.#shelf(language);
    shelf.size = Math.min(Math.max(0, Math.ceil(clicks)), MOST_WARM);
    while (shelf.warm.length > shelf.size) void shelf.warm.pop()?.kill();
    this.#fill(shelf);
  }

  async claim(language: Language, needs: KernelNeeds = DEFAULT_NEEDS): Promise<Kernel> {
    if (this.#closed) throw new Error('the pool of kernels is closed');
    const isOrdinary =
      !needs.ports && needs.memory <= DEFAULT_NEEDS.memory && needs.disk <= DEFAULT_NEEDS.disk;
    const kernel = isOrdinary
      ? await this.#takeFor(this.#shelf(language), needs.owner)
      : await this.#start(this.#sandbox, language, needs);
    if (this.#closed) {
      await kernel.kill();
      throw new Error('the pool of kernels is closed');
    }
    this.#used.add(kernel);
    void kernel.ended.then(() => this.#used.delete(kernel));
    return kernel;
  }

  async close(): Promise<void> {
    this.#closed = true;
    const kernels = [...this.#used];
    for (const shelf of this.#shelves.values()) {
      if (shelf.retry) clearTimeout(shelf.retry);
      for (const claim of shelf.waiting.splice(0)) claim.reject(new Error('the pool of kernels is closed'));
      kernels.push(...shelf.warm.splice(0));
    }
    await Promise.all(kernels.map((kernel) => kernel.kill()));
  }

  #shelf(language: Language): Shelf {
    const known = this.#shelves.get(language);
    if (known) return known;
    const shelf: Shelf = { language, warm: [], waiting: [], size: 0, starting: 0, failures: 0, retry: null };
    this.#shelves.set(language, shelf);
    return shelf;
  }

  async #takeFor(shelf: Shelf, owner: string | undefined): Promise<Kernel> {
    const kernel = await this.#take(shelf);
    try {
      if (owner !== undefined) await kernel.give(owner);
      return kernel;
    } catch (error) {
      await kernel.kill();
      throw error;
    }
  }

  #take(shelf: Shelf): Promise<Kernel> {
    const kernel = shelf.warm.shift();
    if (kernel) {
      // Not now: a boot would take the processor from the run this kernel was claimed for.
      setTimeout(() => this.#fill(shelf), REFILL_MS).unref();
      return Promise.resolve(kernel);
    }
    const claim = Promise.withResolvers<Kernel>();
    shelf.waiting.push(claim);
    this.#fill(shelf);
    return claim.promise;
  }

  /** Starts what is missing, a few at a time: more would only make each of them slower. */
  #fill(shelf: Shelf): void {
    if (this.#closed) return;
    const wanted = shelf.waiting.length + (shelf.retry ? 0 : shelf.size - shelf.warm.length);
    const missing = Math.min(wanted - shelf.starting, availableParallelism() - shelf.starting);
    for (let n = 0; n < missing; n++) void this.#boot(shelf);
  }

  async #boot(shelf: Shelf): Promise<void> {
    shelf.starting++;
    try {
      const kernel = await this.#start(this.#sandbox, shelf.language, DEFAULT_NEEDS);
      shelf.failures = 0;
      this.#shelve(shelf, kernel);
    } catch (error) {
      shelf.failures++;
      shelf.waiting.shift()?.reject(error);
      this.#retryLater(shelf);
    } finally {
      shelf.starting--;
      this.#fill(shelf);
    }
  }

  #shelve(shelf: Shelf, kernel: Kernel): void {
    const claim = shelf.waiting.shift();
    if (this.#closed) return void kernel.kill();
    if (claim) return claim.resolve(kernel);
    if (shelf.warm.length >= shelf.size) return void kernel.kill();
    shelf.warm.push(kernel);
    void kernel.ended.then(() => {
      const place = shelf.warm.indexOf(kernel);
      if (place < 0) return;
      shelf.warm.splice(place, 1);
      this.#retryLater(shelf);
    });
  }

  #retryLater(shelf: Shelf): void {
    if (shelf.retry || this.#closed) return;
    const wait = Math.min(FIRST_DELAY_MS * 2 ** shelf.failures, LAST_DELAY_MS);
    shelf.retry = setTimeout(() => {
      shelf.retry = null;
      this.#fill(shelf);
    }, wait);
    shelf.retry.unref();
  }
}

function startKernel(sandbox: Sandbox, language: Language, needs: KernelNeeds): Promise<Kernel> {
  if (language === 'go') return CompiledKernel.start(sandbox, needs);
  const job: Job = { program: language, ...needs };
  return BoxedKernel.start(sandbox, job, language);
}

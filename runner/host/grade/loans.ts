import type { Kernel } from '../kernel/kernel.ts';
import type { GradingContext } from './context.ts';
import type { GradingInstance } from './ground.ts';

/** Nobody waits for this attempt any more. */
export class Cancelled extends Error {
  override name = 'Cancelled';
}

/** What one attempt has been lent, so that all of it can be taken back at once. */
export class Loans {
  /** The means of the attempt: the same as everybody's, with a memory. */
  readonly context: GradingContext;
  readonly #kernels = new Set<Kernel>();
  readonly #instances = new Set<GradingInstance>();
  #ended = false;

  constructor(context: GradingContext) {
    this.context = {
      ...context,
      kernels: {
        claim: async (language, needs) => {
          this.#refuse();
          return this.#keep(await context.kernels.claim(language, needs));
        },
        expect: (language, clicks) => context.kernels.expect(language, clicks),
        get counts() {
          return context.kernels.counts;
        },
        close: () => context.kernels.close(),
      },
      openInstance: async (needs, seed) => {
        this.#refuse();
        return this.#hold(await context.openInstance(needs, seed));
      },
      timed: (measure, moved) =>
        context.timed(() => {
          this.#refuse();
          return measure();
        }, moved),
    };
  }

  /** Whether it was taken back. */
  get ended(): boolean {
    return this.#ended;
  }

  /** How many instances are lent now. */
  get instances(): number {
    return this.#instances.size;
  }

  /** Kills every box of the attempt; it is lent nothing more, and stops at its next step. */
  async end(): Promise<void> {
    this.#ended = true;
    const kernels = [...this.#kernels].map((kernel) => kernel.kill());
    await Promise.all([...kernels, ...[...this.#instances].map((instance) => instance.close())]);
  }

  #refuse(): void {
    if (this.#ended) throw new Cancelled();
  }

  async #keep(kernel: Kernel): Promise<Kernel> {
    this.#kernels.add(kernel);
    void kernel.ended.then(() => this.#kernels.delete(kernel));
    // It may have been cancelled while it waited.
    if (this.#ended) {
      await kernel.kill();
      throw new Cancelled();
    }
    return kernel;
  }

  async #hold(instance: GradingInstance): Promise<GradingInstance> {
    this.#instances.add(instance);
    void instance.lost.then(() => this.#instances.delete(instance));
    if (this.#ended) {
      await instance.close();
      throw new Cancelled();
    }
    return instance;
  }
}

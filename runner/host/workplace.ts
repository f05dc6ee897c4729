import type { BoxExit, KernelState, Language, Outcome } from './protocol.ts';
import type { CellRun, Kernel, KernelNeeds, KernelSource, RunFrame } from './kernel/kernel.ts';
import type { Door } from './ground.ts';
import type { CommandTable } from './tap/command-table.ts';
import { Taps } from './tap/taps.ts';

/** One language of a session: the kernel that runs its cells, and the taps between it and the ground. */
export class Workplace {
  readonly language: Language;
  readonly taps: Taps;
  readonly #door: Door;
  readonly #kernels: KernelSource;
  readonly #needs: KernelNeeds;
  readonly #tell: (state: KernelState, why?: BoxExit) => void;
  #kernel: Promise<Kernel> | null = null;
  #running = 0;
  #frozen = false;

  constructor(
    language: Language,
    door: Door,
    commands: CommandTable,
    kernels: KernelSource,
    needs: KernelNeeds,
    tell: (state: KernelState, why?: BoxExit) => void,
  ) {
    this.language = language;
    this.#door = door;
    this.taps = new Taps(door.ports, commands);
    this.#kernels = kernels;
    this.#needs = needs;
    this.#tell = tell;
  }

  /** The kernel that is there, or one claimed from the pool. */
  kernel(): Promise<Kernel> {
    this.#kernel ??= this.#claim();
    return this.#kernel;
  }

  /** Runs one cell; a kernel that dies of it is told, and replaced by the next run. */
  async run(cell: CellRun, onFrame: (frame: RunFrame) => void): Promise<Outcome> {
    await this.thaw();
    const kernel = await this.kernel();
    this.#running++;
    this.#tell('busy');
    const outcome = await kernel.run(cell, onFrame);
    if (--this.#running === 0 && kernel.alive) this.#tell('idle');
    return outcome;
  }

  /** Stops the running cell, as politely as it lets us. */
  async interrupt(): Promise<void> {
    (await this.#kernel?.catch(() => null))?.interrupt();
  }

  /** Kills the kernel; the next run has a clean one. */
  async restart(): Promise<void> {
    const kernel = await this.#kernel?.catch(() => null);
    await this.thaw();
    await kernel?.kill();
  }

  async freeze(): Promise<void> {
    const kernel = await this.#kernel?.catch(() => null);
    if (this.#frozen || this.#running > 0 || !kernel?.alive) return;
    this.#frozen = true;
    await kernel.box?.freeze().catch(() => {});
  }

  async thaw(): Promise<void> {
    if (!this.#frozen) return;
    this.#frozen = false;
    const kernel = await this.#kernel?.catch(() => null);
    await kernel?.box?.thaw().catch(() => {});
  }

  async close(): Promise<void> {
    this.taps.close();
    await this.restart();
  }

  async #claim(): Promise<Kernel> {
    this.#tell('starting');
    try {
      const kernel = await this.#kernels.claim(this.language, {
        ...this.#needs,
        ...(this.#door.opens && { ports: this.#door.opens }),
      });
      kernel.attach((listener, port) => {
        if (!this.taps.serve(listener, port)) this.#door.serve?.(listener);
      });
      void kernel.ended.then((exit) => {
        this.#kernel = null;
        this.#frozen = false;
        this.#tell('dead', exit);
      });
      this.#tell('idle');
      return kernel;
    } catch (error) {
      this.#kernel = null;
      this.#tell('dead');
      throw error;
    }
  }
}

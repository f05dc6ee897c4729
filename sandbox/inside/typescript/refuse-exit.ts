/** Thrown by `process.exit()`: a cell that asks for it stops there, and the state of the others is kept. */
class ExitRefused extends Error {
  readonly code = 'PROCESS_EXIT';

  constructor(status: number | string | null = '') {
    super(`process.exit(${status}) would end the kernel and lose its state`);
    this.name = 'ExitRefused';
  }
}

/** Makes `process.exit()` an error of the cell that calls it. */
export function refuseExit(): void {
  process.exit = (status) => {
    throw new ExitRefused(status);
  };
}

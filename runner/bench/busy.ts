/** What a measure asks of the machine's cores. */
import { spawn, type ChildProcess } from 'node:child_process';
import { availableParallelism } from 'node:os';

/** A loop that takes a core as any other program would; it ends with us, however we end. */
export function busyLoop(): ChildProcess {
  return turning([]);
}

/**
 * Keeps every core awake, without taking it from anybody, until the function it returns is called: waking a
 * core of a virtual machine costs more than the answers that are measured.
 */
export function keepAwake(): () => void {
  const loops = Array.from({ length: availableParallelism() }, () => turning(['chrt', '--idle', '0']));
  return () => {
    for (const loop of loops) loop.kill('SIGKILL');
  };
}

function turning(as: string[]): ChildProcess {
  return spawn('setpriv', ['--pdeathsig', 'KILL', '--', ...as, process.execPath, '-e', 'for (;;);']);
}

/** What makes a command run on this core alone; nothing without one, or when there is no other. */
export function onCore(core?: number): string[] {
  return core === undefined || availableParallelism() === 1 ? [] : ['taskset', '-c', `${core}`];
}

/** What the machine says of a box while a program runs in it. */
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { allProcesses } from '../processes.ts';
import type { Box } from '../run.ts';

/** The living processes of a slot, the two of bubblewrap that run with its uid included. */
export function processesOf(uid: number): number[] {
  return allProcesses().filter((pid) => {
    try {
      const status = readFileSync(`/proc/${pid}/status`, 'utf8');
      return status.includes(`\nUid:\t${uid}\t`) && !/^State:\s+[ZX]/m.test(status);
    } catch {
      return false;
    }
  });
}

/** The most processes of a box seen at once while something runs. */
export async function usedProcesses(box: Box, running: Promise<unknown>): Promise<number> {
  return most(running, () => processesOf(box.uid).length);
}

/** The most memory that a box's control group counts while something runs, in MiB: processes, files and kernel. */
export async function countedMemory(box: Box, running: Promise<unknown>): Promise<number> {
  let bytes = 0;
  const ask = () =>
    box.usage().then(
      ({ memory }) => (bytes = Math.max(bytes, memory)),
      () => 0,
    );
  await most(running, () => void ask());
  return Math.round(bytes / 1024 / 1024);
}

/** The most resident memory of all processes of a box while something runs, in MiB. */
export async function usedMemory(box: Box, running: Promise<unknown>): Promise<number> {
  return most(running, () => {
    const kib = processesOf(box.uid).map((pid) => {
      try {
        const status = readFileSync(`/proc/${pid}/status`, 'utf8');
        const of = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(status)?.[1] ?? 0);
        return of('RssAnon') + of('RssShmem');
      } catch {
        return 0;
      }
    });
    return Math.round(kib.reduce((sum, one) => sum + one, 0) / 1024);
  });
}

async function most(running: Promise<unknown>, count: () => number | void): Promise<number> {
  let highest = 0;
  let over = false;
  const end = () => (over = true);
  void running.then(end, end);
  while (!over) {
    highest = Math.max(highest, count() ?? 0);
    await wait(15);
  }
  return highest;
}

/** Whether a connection to this port of the machine is ended by the other side, after these bytes. */
export function ends(port: number, bytes: string, patienceMs = 5000): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(bytes));
    const late = setTimeout(() => {
      socket.destroy();
      resolve(false);
    }, patienceMs);
    socket.on('error', () => {});
    socket.on('data', () => {});
    socket.on('close', () => {
      clearTimeout(late);
      resolve(true);
    });
  });
}

/** Compiled programs of learners, kept by the launcher under the sha256 of their bytes. */
import { createHash } from 'node:crypto';
import {
  closeSync,
  constants,
  existsSync,
  fstatSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { Refusal } from './wire.ts';

const mostBytes = 32 * 1024 * 1024;
const mostBinaries = 24;

/**
 * Takes in the file that a host has dropped in its own folder, and names it. The host's user may
 * have put anything there: a link is not followed, a FIFO not waited for, and bytes are copied.
 */
export function installBinary(folder: string, dropped: string): string {
  const file = openDropped(dropped);
  try {
    const status = fstatSync(file);
    if (!status.isFile() || status.size > mostBytes)
      throw new Refusal('binary', 'not a file of at most 32 MiB');
    const bytes = readFileSync(file);
    if (bytes.length > mostBytes) throw new Refusal('binary', 'more than 32 MiB');
    const name = createHash('sha256').update(bytes).digest('hex');
    if (!existsSync(join(folder, name))) {
      removeOldest(folder);
      writeFileSync(join(folder, name), bytes, { mode: 0o555 });
    }
    return name;
  } finally {
    closeSync(file);
    rmSync(dropped, { force: true });
  }
}

function openDropped(path: string): number {
  try {
    return openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch {
    throw new Refusal('binary', 'nothing was dropped under this name');
  }
}

/** A box that runs a removed binary keeps its own mount of it. */
function removeOldest(folder: string): void {
  const names = readdirSync(folder);
  if (names.length < mostBinaries) return;
  const age = (name: string): number => statSync(join(folder, name)).mtimeMs;
  const oldest = names.toSorted((one, other) => age(one) - age(other))[0];
  rmSync(join(folder, oldest));
}

/** The shared libraries a program links to, so that a box holds these files and no whole /usr/lib. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** The paths of libraries in the output of ldd, the loader included. */
export function parseLibraries(output: string): string[] {
  const paths = [...output.matchAll(/^\s+(?:\S+ => )?(\/\S+) \(0x/gm)].map((match) => match[1]);
  return [...new Set(paths)].toSorted();
}

/** Every library that these files need, under the names by which the loader looks for them. */
export async function librariesOf(files: string[]): Promise<string[]> {
  const { stdout } = await run('ldd', files, { maxBuffer: 16 * 1024 * 1024 });
  return parseLibraries(stdout);
}

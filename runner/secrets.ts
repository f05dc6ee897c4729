import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Beyond this a line of code is nobody's chance. */
const TELLING = 25;

/**
 * What of a lab nobody may be told before its policy says so: the telling lines of its checks, workload,
 * solutions and other answers, without those that its statement or starter say themselves.
 */
export function secretsOf(folder: string, files = /^(check|workload|solution)\.|^attempts\/./): string[] {
  const lines = (path: string) =>
    readFileSync(join(folder, path), 'utf8')
      .split('\n')
      .map((line) => line.trim())
      .filter((line) => line.length >= TELLING);
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  const told = names
    .filter((name) => name === 'lab.md' || name.startsWith('starter.'))
    .map((name) => readFileSync(join(folder, name), 'utf8'))
    .join('\n');
  const withheld = names.filter((name) => files.test(name));
  const common =
    /^(import |from |export (interface|async function|function)|type |func |def |async def |title: |\/\/ passed)/;
  return [...new Set(withheld.flatMap(lines))].filter((line) => !told.includes(line) && !common.test(line));
}

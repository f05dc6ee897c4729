import { parseArgs } from 'node:util';

/** Exit codes shared by `cell` and `grade`: whose fault it was. */
export const OURS = 3;

/** What a command was given: its files, whether to print JSON, and where the server is. */
export interface Given {
  names: string[];
  json: boolean;
  server: string | undefined;
  lesson: string | undefined;
  junit: string | undefined;
  report: string | undefined;
}

/** Reads a command's arguments; a wrong one ends the program with its usage. */
export function readArguments(usage: string, count: number): Given {
  try {
    const { values, positionals } = parseArgs({
      allowPositionals: true,
      options: {
        json: { type: 'boolean', default: false },
        server: { type: 'string' },
        lesson: { type: 'string' },
        junit: { type: 'string' },
        report: { type: 'string' },
      },
    });
    if (positionals.length !== count)
      throw new Error(`expected ${count} argument(s), found ${positionals.length}`);
    const { json, server, lesson, junit, report } = values;
    return { names: positionals, json, server: server?.replace(/\/+$/, ''), lesson, junit, report };
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : String(error)}\nusage: ${usage}`);
    return process.exit(OURS);
  }
}

/** What Redis says of its own commands, for the editor and the terminal. */
import type { CommandHelp } from '../../../runner/protocol.ts';
import { fr } from '../texts/fr.ts';

let asked: Promise<Map<string, CommandHelp>> | null = null;

/** Every command by its name in upper case; asked once, empty when the server cannot tell. */
export function allCommands(): Promise<Map<string, CommandHelp>> {
  asked ??= fetch('/api/commands')
    .then((response) => (response.ok ? (response.json() as Promise<CommandHelp[]>) : []))
    .then((commands) => new Map(commands.map((command) => [command.name, command])))
    .catch(() => {
      asked = null;
      return new Map<string, CommandHelp>();
    });
  return asked;
}

/** The command that words begin with: `XGROUP CREATE` before `XGROUP`. */
export function commandOf(
  commands: ReadonlyMap<string, CommandHelp>,
  [first = '', second = '']: readonly string[],
): CommandHelp | undefined {
  return commands.get(`${first} ${second}`.toUpperCase()) ?? commands.get(first.toUpperCase());
}

/** A command as it is typed, with the names of its arguments. */
export const usage = ({ name, syntax, arity }: CommandHelp) =>
  `${name} ${syntax || (arity === 1 ? '' : '…')}`.trim();

/** Group, complexity, age, kind and arity of a command, in French. */
export function facts(command: CommandHelp): string[] {
  const { group, complexity, since, writes, arity, deprecated, syntax } = command;
  return [
    fr.commands.group[group] ?? group,
    complexity && fr.commands.complexity(complexity),
    since && fr.commands.since(since),
    writes ? fr.commands.writes : fr.commands.reads,
    syntax && fr.commands.arity(arity),
    deprecated && fr.commands.deprecated(deprecated),
  ].filter(Boolean);
}

/** Where the manual tells the rest. */
export const manual = ({ name }: CommandHelp) =>
  `https://redis.io/docs/latest/commands/${name.toLowerCase().replaceAll(' ', '-')}/`;

/** The arguments of a call that hands a command to Redis as words, around a place of the code. */
export interface Call {
  /** The texts before the place, in order; null for an argument that is no plain text. */
  words: (string | null)[];
  /** The text around the place, when it is inside quotes, and where it begins and ends. */
  inside: { text: string; start: number; end: number } | null;
}

const openings =
  /\.(?:call|callBuffer|execute_command|Do)\s*\(\s*(?:(?:ctx|context\.\w+\(\))\s*,\s*)?|\bredis\.p?call\s*\(\s*/g;

/** The call of `redis.call('…')`, `r.execute_command('…')` or `rdb.Do(ctx, "…")` around a place; null when there is none. */
export function callAround(code: string, place: number): Call | null {
  const before = [...code.slice(Math.max(0, place - 4000), place).matchAll(openings)].at(-1);
  if (!before) return null;
  const words: Call['words'] = [];
  let at = Math.max(0, place - 4000) + before.index + before[0].length;
  let depth = 0;
  let plain: string | null = null;
  let empty = true;
  while (at < place) {
    const letter = code[at];
    if (letter === '"' || letter === "'" || letter === '`') {
      const end = closing(code, at);
      const text = code.slice(at + 1, end);
      if (end >= place) return depth > 0 ? null : { words, inside: { text, start: at + 1, end } };
      plain = empty && depth === 0 ? text : null;
      empty = false;
      at = end;
    } else if (letter === ',' && depth === 0) {
      words.push(plain);
      plain = null;
      empty = true;
    } else if ('([{'.includes(letter)) {
      depth++;
      plain = null;
    } else if (')]}'.includes(letter)) {
      if (--depth < 0) return null;
    } else if (letter.trim() !== '') {
      plain = null;
      empty = false;
    }
    at++;
  }
  return { words, inside: null };
}

/** Where the text that a quote opens ends: at its closing quote, else at the end of the line. */
function closing(code: string, open: number): number {
  const quote = code[open];
  for (let at = open + 1; at < code.length; at++) {
    if (code[at] === '\\') at++;
    else if (code[at] === quote || (code[at] === '\n' && quote !== '`')) return at;
  }
  return code.length;
}

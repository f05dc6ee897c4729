/** What the server's COMMAND says of one command or subcommand. */
export interface CommandSpec {
  /** Upper case: `GET`, `XGROUP CREATE`. */
  readonly name: string;
  readonly flags: ReadonlySet<string>;
  /** Whether it has arguments that are keys. */
  readonly keyed: boolean;
  /** Whether it may change one of them; a script is taken to. */
  readonly writes: boolean;
  /** Whether its second word is part of its name. */
  readonly container: boolean;
}

/** One way to find keys among the words of a command; places are counted as in `words`, name at 0. */
interface KeyRule {
  begin: { index: number } | { keyword: string; from: number };
  find: { last: number; step: number; limit: number } | { count: number; first: number; step: number };
  writes: boolean;
}

interface Entry extends CommandSpec {
  rules: KeyRule[];
}

const at = (index: number, writes: boolean, last = 0, step = 1): KeyRule => ({
  begin: { index },
  find: { last, step, limit: 0 },
  writes,
});
const counted = (index: number, writes: boolean): KeyRule => ({
  begin: { index },
  find: { count: 0, first: 1, step: 1 },
  writes,
});

/** What COMMAND leaves out or gets wrong, SORT's STORE and the modules' commands of several keys. */
const corrections: Record<string, KeyRule[]> = {
  SORT: [
    at(1, false),
    { begin: { keyword: 'STORE', from: 2 }, find: { last: 0, step: 1, limit: 0 }, writes: true },
  ],
  SORT_RO: [at(1, false)],
  'JSON.MGET': [at(1, false, -2)],
  'JSON.DEBUG': [],
  'TS.CREATERULE': [at(1, true), at(2, true)],
  'TS.DELETERULE': [at(1, true), at(2, true)],
  'CMS.MERGE': [at(1, true), counted(2, false)],
  'TDIGEST.MERGE': [at(1, true), counted(2, false)],
};

/** Scripts have no write flag: what they do is not known before. */
const scripts = new Set(['EVAL', 'EVALSHA', 'FCALL']);

const longestName = 64;
/** Learners may write a name in any mixture of cases; most write it in two. */
const mostSpellings = 2000;

/** The commands of one server version: their names, and where their keys are. */
export class CommandTable {
  readonly #entries = new Map<string, Entry>();
  /** Specs by the first word as clients write it. */
  readonly #written = new Map<string, Entry | null>();

  /** `reply` is that of COMMAND, as ioredis gives it. */
  constructor(reply: unknown) {
    for (const command of list(reply)) this.#add(list(command));
  }

  /** How many commands and subcommands there are. */
  get size(): number {
    return this.#entries.size;
  }

  /** The spec of a command, or of its subcommand, both in upper case. */
  find(name: string, subcommand?: string): CommandSpec | null {
    return this.#entries.get(subcommand === undefined ? name : `${name} ${subcommand}`) ?? null;
  }

  /** The spec of a command by its first words as they came. */
  match(words: readonly Buffer[]): CommandSpec | null {
    const word = words[0]?.toString('latin1', 0, longestName) ?? '';
    let entry = this.#written.get(word);
    if (entry === undefined) {
      entry = this.#entries.get(word.toUpperCase()) ?? null;
      if (this.#written.size < mostSpellings) this.#written.set(word, entry);
    }
    if (!entry?.container || words.length < 2) return entry;
    const second = words[1].toString('latin1', 0, longestName).toUpperCase();
    return this.#entries.get(`${entry.name} ${second}`) ?? entry;
  }

  /** The keys among a command's words (its name is the first), with what it may do to each. */
  keys(spec: CommandSpec, words: readonly Buffer[]): { key: Buffer; writes: boolean }[] {
    const entry = this.#entries.get(spec.name);
    if (!entry) return [];
    return entry.rules.flatMap((rule) =>
      places(rule, words).map((place) => ({ key: words[place], writes: rule.writes })),
    );
  }

  #add(command: unknown[], parent?: string): void {
    const full = String(command[0]).toUpperCase();
    const name = parent === undefined ? full : full.replace('|', ' ');
    const flags = new Set(list(command[2]).map(String));
    const subcommands = list(command[9]).map(list);
    const writes = flags.has('write') || scripts.has(name);
    const index = /^FT\.(?!SUG)/.test(name);
    const rules = index
      ? []
      : (corrections[name] ?? list(command[8]).flatMap((spec) => ruleOf(list(spec), writes)));
    this.#entries.set(name, {
      name,
      flags,
      keyed: rules.length > 0,
      writes,
      container: subcommands.length > 0,
      rules,
    });
    for (const subcommand of subcommands) this.#add(subcommand, name);
  }
}

function places(rule: KeyRule, words: readonly Buffer[]): number[] {
  const begin = beginning(rule, words);
  if (begin === null) return [];
  const { find } = rule;
  let first = begin;
  let step = find.step;
  let last: number;
  if ('count' in find) {
    const count = Number(words[begin + find.count]?.toString('latin1'));
    if (!Number.isInteger(count) || count < 1) return [];
    first = begin + find.first;
    last = first + (count - 1) * step;
  } else if (find.last >= 0) {
    last = begin + find.last;
  } else {
    last = words.length + find.last;
    // XREAD's keys are the first half of what follows STREAMS.
    if (find.limit > 1) last = begin - 1 + Math.floor((last - begin + 1) / find.limit);
  }
  const found: number[] = [];
  for (let place = first; place <= Math.min(last, words.length - 1); place += step) found.push(place);
  return found;
}

function beginning({ begin }: KeyRule, words: readonly Buffer[]): number | null {
  if ('index' in begin) return begin.index;
  for (let place = begin.from; place < words.length - 1; place++) {
    if (words[place].toString('latin1').toUpperCase() === begin.keyword) return place + 1;
  }
  return null;
}

function ruleOf(spec: unknown[], commandWrites: boolean): KeyRule[] {
  const fields = pairs(spec);
  const flags = list(fields.flags).map(String);
  const begin = pairs(list(fields.begin_search));
  const find = pairs(list(fields.find_keys));
  if (flags.includes('not_key') || begin.type === 'unknown' || find.type === 'unknown') return [];
  const from = pairs(list(begin.spec));
  const how = pairs(list(find.spec));
  return [
    {
      begin:
        begin.type === 'index'
          ? { index: Number(from.index) }
          : { keyword: String(from.keyword), from: Number(from.startfrom) },
      find:
        find.type === 'range'
          ? { last: Number(how.lastkey), step: Math.max(1, Number(how.keystep)), limit: Number(how.limit) }
          : {
              count: Number(how.keynumidx),
              first: Number(how.firstkey),
              step: Math.max(1, Number(how.keystep)),
            },
      writes: commandWrites && !flags.includes('RO'),
    },
  ];
}

function list(value: unknown): unknown[] {
  return Array.isArray(value) ? value : value instanceof Set ? [...value] : [];
}

function pairs(values: unknown[]): Record<string, unknown> {
  const fields: Record<string, unknown> = {};
  for (let place = 0; place + 1 < values.length; place += 2)
    fields[String(values[place])] = values[place + 1];
  return fields;
}

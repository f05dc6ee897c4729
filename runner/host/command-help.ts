/** What a server says of its own commands, for those who type them. */
import type { CommandHelp } from './protocol.ts';

type Fields = Record<string, unknown>;

/** Every command and subcommand, by name; `docs` and `commands` are the replies of COMMAND DOCS and COMMAND. */
export function commandHelp(docs: unknown, commands: unknown): CommandHelp[] {
  const documented = new Map<string, Fields>();
  const read = (reply: unknown) => {
    for (const [name, value] of Object.entries(pairs(reply))) {
      const fields = pairs(value);
      documented.set(title(name), fields);
      read(fields['subcommands']);
    }
  };
  read(docs);
  const found: CommandHelp[] = [];
  const add = (entry: unknown) => {
    const [name, arity, flags, , , , , , , subcommands] = list(entry);
    const fields = documented.get(title(name)) ?? {};
    found.push({
      name: title(name),
      arity: Number(arity),
      writes: list(flags).map(String).includes('write'),
      summary: text(fields['summary']),
      since: text(fields['since']),
      group: text(fields['module']) || text(fields['group']),
      complexity: text(fields['complexity']),
      syntax: list(fields['arguments']).map(written).join(' '),
      deprecated: text(fields['deprecated_since']),
    });
    for (const subcommand of list(subcommands)) add(subcommand);
  };
  for (const entry of list(commands)) add(entry);
  return found.toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

/** An argument as manuals write it: `[NX | XX]`, `field value [field value ...]`. */
function written(argument: unknown): string {
  const fields = pairs(argument);
  const flags = list(fields['flags']).map(String);
  const optional = flags.includes('optional');
  const token = text(fields['token']);
  const parts = list(fields['arguments']).map(written);
  let value = text(fields['display_text']) || text(fields['name']);
  if (fields['type'] === 'pure-token') value = token;
  else if (fields['type'] === 'block') value = parts.join(' ');
  else if (fields['type'] === 'oneof') value = optional ? parts.join(' | ') : `<${parts.join(' | ')}>`;
  const named = token !== '' && fields['type'] !== 'pure-token' ? `${token} ${value}` : value;
  const repeated = flags.includes('multiple_token') ? named : value;
  const whole = flags.includes('multiple') ? `${named} [${repeated} ...]` : named;
  return optional ? `[${whole}]` : whole;
}

const title = (name: unknown) => text(name).replace('|', ' ').toUpperCase();
const text = (value: unknown) => (typeof value === 'string' ? value : '');

function list(value: unknown): unknown[] {
  return Array.isArray(value) ? value : value instanceof Set ? [...value] : [];
}

/** A map, or the flat list that stands for one. */
function pairs(value: unknown): Fields {
  if (value instanceof Map) return Object.fromEntries(value);
  if (!Array.isArray(value)) return value !== null && typeof value === 'object' ? { ...value } : {};
  const fields: Fields = {};
  for (let place = 0; place + 1 < value.length; place += 2) fields[String(value[place])] = value[place + 1];
  return fields;
}

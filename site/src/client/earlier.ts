/**
 * Types across cells. TypeScript sees each cell as a module; here the cells above become modules that
 * export every name they declare, and one declaration file makes these names global. What a cell
 * declares itself hides the global of the same name, as a new run would.
 */

/** A name that a cell declares or imports at its top level, and its type parameters if it has any. */
interface Declared {
  name: string;
  kind: 'value' | 'type' | 'both';
  parameters: string;
}

/** The names at the top level of a cell, found by their place at the start of a line. */
export function declaredIn(code: string): Declared[] {
  const found = new Map<string, Declared>();
  const add = (name: string | undefined, kind: Declared['kind'], parameters = '') => {
    if (name && /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u.test(name))
      found.set(name, { name, kind, parameters });
  };
  for (const [, clause] of code.matchAll(/^import\s+(?!['"])([\s\S]*?)\s+from\s+['"]/gm)) {
    for (const part of clause.replace(/^type\s+/, '').split(/[{},]/))
      add(
        part
          .trim()
          .split(/\s+as\s+/)
          .at(-1)
          ?.replace(/^type\s+/, ''),
        'both',
      );
  }
  for (const match of code.matchAll(
    /^(?:export\s+)?(?:const|let|var)\s+(?:\{([\s\S]*?)\}|\[([\s\S]*?)\]|([\p{ID_Start}$_][\p{ID_Continue}$]*))/gmu,
  )) {
    if (match[3]) add(match[3], 'value');
    for (const part of (match[1] ?? match[2] ?? '').split(',')) {
      add(
        part
          .replace(/=[\s\S]*$/, '')
          .replace(/^\s*\.\.\./, '')
          .split(':')
          .at(-1)!
          .trim(),
        'value',
      );
    }
  }
  for (const [, name] of code.matchAll(
    /^(?:export\s+)?(?:async\s+)?function\s*\*?\s*([\p{ID_Start}$_][\p{ID_Continue}$]*)/gmu,
  ))
    add(name, 'value');
  for (const [, word, name, parameters] of code.matchAll(
    /^(?:export\s+)?(?:abstract\s+)?(class|interface|type)\s+([\p{ID_Start}$_][\p{ID_Continue}$]*)\s*(<[^{=]*?>)?\s*(?=[{=]|extends|implements)/gmu,
  )) {
    add(name, word === 'class' ? 'both' : 'type', parameters ?? '');
  }
  return [...found.values()];
}

/** A cell as a module that exports all it declares. */
export function exported(code: string): string {
  const names = declaredIn(code).filter(
    ({ name }) => !new RegExp(`^export\\s[^\\n]*\\b${name.replaceAll('$', '\\$')}\\b`, 'm').test(code),
  );
  return `${code}\nexport { ${names.map(({ name }) => name).join(', ')} };\n`;
}

/** The declaration file that makes the names of these cells global; the last cell to declare a name wins. */
export function globals(cells: string[]): string {
  const last = new Map<string, Declared & { cell: number }>();
  for (const [cell, code] of cells.entries())
    for (const declared of declaredIn(code)) last.set(declared.name, { ...declared, cell });
  const lines = [...last.values()].flatMap(({ name, kind, parameters, cell }) => [
    ...(kind === 'type' ? [] : [`  const ${name}: typeof c${cell}.${name};`]),
    ...(kind === 'value'
      ? []
      : [`  type ${name}${parameters} = c${cell}.${name}${argumentsOf(parameters)};`]),
  ]);
  return `${cells.map((_, cell) => `import * as c${cell} from './cell-${cell}.ts';`).join('\n')}\ndeclare global {\n${lines.join('\n')}\n}\n`;
}

/** `<T extends X, U = string>` as it is used: `<T, U>`. */
function argumentsOf(parameters: string): string {
  if (!parameters) return '';
  const names: string[] = [];
  let depth = 0;
  let current = '';
  for (const character of parameters.slice(1, -1)) {
    if ('<([{'.includes(character)) depth++;
    if ('>)]}'.includes(character)) depth--;
    if (character === ',' && depth === 0) {
      names.push(current);
      current = '';
    } else current += character;
  }
  return `<${[...names, current].map((name) => name.trim().split(/[\s=]/)[0]).join(', ')}>`;
}

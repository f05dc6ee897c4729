import type { Node } from 'acorn';
import { parseProgram } from './program.ts';
import { boundNames, isNode, references, type Tree } from './references.ts';
import { Splices } from './splices.ts';

/** A cell made runnable: two functions as script text, at the same lines as what the learner wrote. */
export interface Cell {
  /** Assigns the cell's function declarations, before anything of it runs; null when it has none. */
  hoisted: Splices | null;
  /** Returns an async function that runs the rest and resolves to `{value}` of a last expression. */
  body: Splices;
  /** Names the cell declares, for itself and the cells to come. */
  declares: string[];
  /** Names the cell takes from other cells. */
  reads: string[];
}

/** Which names of a cell are not plain `let`s of the script scope. */
export interface Names {
  /** Globals of the realm: a `let Map` would shadow the kernel's own Map, so a cell's Map lives in `$own`. */
  isGlobal(name: string): boolean;
  /** Names that live in `$own` already. */
  isOwn(name: string): boolean;
}

const HEAD = '(function($check,$take,$own,$meta){"use strict";';

const LOOPS = new Set(['WhileStatement', 'DoWhileStatement', 'ForStatement', 'ForInStatement', 'ForOfStatement']); // prettier-ignore

/**
 * Turns a cell (JavaScript, types already erased) into scripts. Its top-level declarations become
 * assignments to names that outlive it, so that any cell may declare any name again.
 */
export function toCell(source: string, names: Names): Cell {
  const program = parseProgram(source);
  return new Rewriting(source, program.body as Tree[], names).cell(program);
}

class Rewriting {
  readonly #source: string;
  readonly #statements: Tree[];
  readonly #names: Names;
  readonly #declared = new Set<string>();
  readonly #functions: Tree[] = [];
  /** Where names stand that keep their text: `class A` is still called A. */
  readonly #kept = new Set<number>();
  readonly #hoisted: Splices;
  readonly #body: Splices;
  /** The script that the statement being rewritten goes to. */
  #to: Splices;

  constructor(source: string, statements: Tree[], names: Names) {
    this.#source = source;
    this.#statements = statements;
    this.#names = names;
    this.#hoisted = new Splices(source);
    this.#body = this.#to = new Splices(source);
  }

  cell(program: Node): Cell {
    this.#hoisted.open(0, HEAD);
    this.#body.open(0, `${HEAD}return async()=>{`);
    const last = this.#statements.findLast((each) => each.type !== 'EmptyStatement');
    for (const statement of this.#statements) {
      const inner = declarationOf(statement);
      this.#to = inner?.type === 'FunctionDeclaration' ? this.#hoisted : this.#body;
      this.#statement(statement, inner, statement === last);
      this.#nested(inner ?? statement, false, true);
    }
    const used = references(program).filter((each) => !this.#kept.has(each.start));
    for (const { name, start, end, shorthand } of used) {
      if (!this.#isAway(name)) continue;
      const holder = this.#functions.some((each) => each.start <= start && end <= each.end)
        ? this.#hoisted
        : this.#body;
      holder.replace(start, end, shorthand ? `${name}:$own.${name}` : `$own.${name}`);
    }
    this.#separate();
    const isForeign = (name: string) => !this.#declared.has(name) && !this.#names.isGlobal(name);
    const reads = [...new Set(used.map((each) => each.name))].filter(isForeign);
    const hoisted = this.#functions.length > 0 ? this.#hoisted : null;
    return { hoisted, body: this.#body, declares: [...this.#declared], reads };
  }

  #isAway(name: string): boolean {
    return this.#names.isOwn(name) || (this.#declared.has(name) && this.#names.isGlobal(name));
  }

  /** Declares a name, and says what to assign it by. */
  #declare(name: string): string {
    this.#declared.add(name);
    return this.#isAway(name) ? `$own.${name}` : name;
  }

  /** Leaves the functions to one script and all the rest to the other, every line in its place. */
  #separate(): void {
    let from = 0;
    for (const { start, end } of this.#functions) {
      this.#hoisted.blank(from, start);
      this.#body.blank(start, end);
      from = end;
    }
    this.#hoisted.blank(from, this.#source.length);
    this.#hoisted.replace(this.#source.length, this.#source.length, '\n})');
    this.#body.replace(this.#source.length, this.#source.length, '\n}})');
  }

  #statement(statement: Tree, inner: Tree | null, isLast: boolean): void {
    if (inner && inner !== statement) this.#body.replace(statement.start, inner.start, ';');
    switch ((inner ?? statement).type) {
      case 'VariableDeclaration':
        return this.#variables(inner!, ';');
      case 'FunctionDeclaration':
        return this.#function(inner!);
      case 'ClassDeclaration':
        return this.#class(inner!);
      case 'ImportDeclaration':
        return this.#body.replace(statement.start, statement.end, this.#imported(statement));
      case 'ExportDefaultDeclaration': {
        const { start, end } = statement['declaration'] as Tree;
        this.#body.replace(statement.start, start, isLast ? 'return{value:(' : ';(');
        return this.#body.close(end, isLast ? ')};' : ');');
      }
      case 'ExportNamedDeclaration':
      case 'ExportAllDeclaration':
        return this.#body.blank(statement.start, statement.end);
      case 'ExpressionStatement': {
        if (!isLast) return;
        const end = statement.end - (this.#source[statement.end - 1] === ';' ? 1 : 0);
        this.#body.open(statement.start, 'return{value:(');
        return this.#body.close(end, ')}');
      }
    }
  }

  /** `const a = 1, { b } = c` → `;a = 1, ({ b } = c)`. A `using` stays what it is: it ends with its cell. */
  #variables(declaration: Tree, before: string): void {
    const kind = declaration['kind'] as string;
    if (kind.endsWith('using')) return;
    const declarators = declaration['declarations'] as Tree[];
    this.#to.replace(declaration.start, declarators[0].start, before);
    for (const { start, end, id, init } of declarators as (Tree & { id: Tree; init: Tree | null })[]) {
      for (const name of boundNames(id)) this.#declare(name);
      if (!init && kind !== 'var') this.#to.close(end, '=void 0');
      if (id.type !== 'ObjectPattern') continue;
      this.#to.open(start, '(');
      this.#to.close(end, ')');
    }
  }

  /** `async function* f(` → `f=async function*(`. */
  #function(declaration: Tree): void {
    const id = declaration['id'] as Tree;
    const target = this.#declare(id['name'] as string);
    const keyword = `${declaration['async'] ? 'async ' : ''}function${declaration['generator'] ? '*' : ''}`;
    this.#functions.push(declaration);
    this.#kept.add(id.start);
    this.#hoisted.replace(declaration.start, id.end, `${target}=${keyword}`);
    this.#hoisted.close(declaration.end, ';');
  }

  #class(declaration: Tree): void {
    const id = declaration['id'] as Tree;
    this.#kept.add(id.start);
    this.#body.open(declaration.start, `;${this.#declare(id['name'] as string)}=`);
    this.#body.close(declaration.end, ';');
  }

  /** `import a, { b as c } from 'm'` → `;({default:a,b:c}=$check(await $take(import('m'),'m','default','b')));`. */
  #imported(declaration: Tree): string {
    const attributes = (declaration['attributes'] as Tree[]).map((each) =>
      this.#source.slice(each.start, each.end),
    );
    const from = (declaration['source'] as Tree)['raw'] as string;
    const options = attributes.length > 0 ? `,{with:{${attributes.join(',')}}}` : '';
    const specifiers = (declaration['specifiers'] as Tree[]).map((each) => {
      const imported = (each['imported'] ?? { name: 'default' }) as Tree;
      return {
        key: JSON.stringify(imported['name'] ?? imported['value']),
        local: this.#declare((each['local'] as Tree)['name'] as string),
        isWhole: each.type === 'ImportNamespaceSpecifier',
      };
    });
    const parts = specifiers.filter((each) => !each.isWhole);
    const taken = `$check(await $take(${[`import(${from}${options})`, from, ...parts.map((each) => each.key)].join(',')}))`;
    const whole = specifiers.find((each) => each.isWhole);
    const pattern = `{${parts.map(({ key, local }) => `${key}:${local}`).join(',')}}`;
    return `;(${whole ? `${whole.local}=` : ''}${parts.length > 0 ? `${pattern}=` : ''}${taken});`;
  }

  /** Lets `$check` end an interrupted cell after each await and in each loop that awaits, replaces `import.meta`, assigns what `var` declares in a block. */
  #nested(node: Tree, inFunction: boolean, isTop: boolean): void {
    if (node.type === 'AwaitExpression') {
      this.#to.open(node.start, '$check(');
      this.#to.close(node.end, ')');
    }
    // A `catch` inside the loop may swallow what the check of an await has thrown.
    if (LOOPS.has(node.type) && awaits(node)) this.#checked(node['body'] as Tree);
    if (node.type === 'MetaProperty' && (node['meta'] as Tree)['name'] === 'import')
      this.#to.replace(node.start, node.end, '$meta');
    if (node.type === 'VariableDeclaration' && node['kind'] === 'var' && !inFunction && !isTop)
      this.#variables(node, '');
    const inside = inFunction || isFunction(node) || node.type.startsWith('Class');
    for (const child of children(node)) this.#nested(child, inside, false);
  }

  #checked(body: Tree): void {
    if (body.type === 'BlockStatement') return this.#to.open(body.start + 1, '$check();');
    this.#to.open(body.start, '{$check();');
    this.#to.close(body.end, '}');
  }
}

/** The declaration a statement makes, `export` or not; null when it makes none that has a name. */
function declarationOf(statement: Tree): Tree | null {
  const isExport =
    statement.type === 'ExportNamedDeclaration' || statement.type === 'ExportDefaultDeclaration';
  const inner = isExport ? (statement['declaration'] as Tree | null) : statement;
  if (inner?.type === 'VariableDeclaration') return inner;
  const hasName = inner?.type === 'FunctionDeclaration' || inner?.type === 'ClassDeclaration';
  return hasName && inner['id'] ? inner : null;
}

/** Whether a loop awaits by itself, inner functions excepted. */
function awaits(node: Tree): boolean {
  if (node.type === 'AwaitExpression' || (node.type === 'ForOfStatement' && node['await'])) return true;
  return !isFunction(node) && children(node).some(awaits);
}

function isFunction(node: Tree): boolean {
  return node.type.includes('Function');
}

function children(node: Tree): Tree[] {
  return Object.values(node).flat().filter(isNode);
}

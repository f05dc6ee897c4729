import type { Node } from 'acorn';

/** A use of a name that no inner scope declares: it belongs to the cell, to another cell, or to the globals. */
export interface Reference {
  name: string;
  start: number;
  end: number;
  /** `{ name }`: the name is also the key of a property. */
  shorthand: boolean;
}

type Scope = Set<string>;
/** An acorn node seen by its fields, whatever its type. */
export type Tree = Node & Record<string, unknown>;

const FUNCTIONS = new Set(['FunctionDeclaration', 'FunctionExpression', 'ArrowFunctionExpression']);
const BLOCKS = new Set([
  'BlockStatement',
  'ForStatement',
  'ForInStatement',
  'ForOfStatement',
  'SwitchStatement',
  'CatchClause',
  'StaticBlock',
]);
/** Fields that hold a name which refers to nothing, unless the node is `computed`. */
const LABELS: Record<string, string> = {
  MemberExpression: 'property',
  MethodDefinition: 'key',
  PropertyDefinition: 'key',
  Property: 'key',
  LabeledStatement: 'label',
  BreakStatement: 'label',
  ContinueStatement: 'label',
};

/** Every reference of a program to names declared at its top level or outside of it. */
export function references(program: Node): Reference[] {
  const found: Reference[] = [];
  visit(program as Tree, [], found);
  return found;
}

/** The names a pattern binds: `{ a, b: [c] }` → a, c. */
export function boundNames(pattern: Node | null): string[] {
  const node = pattern as Tree | null;
  if (!node) return [];
  switch (node.type) {
    case 'Identifier':
      return [node['name'] as string];
    case 'ObjectPattern':
      return (node['properties'] as Tree[]).flatMap((each) =>
        boundNames((each['value'] ?? each['argument']) as Node),
      );
    case 'ArrayPattern':
      return (node['elements'] as Node[]).flatMap(boundNames);
    case 'AssignmentPattern':
      return boundNames(node['left'] as Node);
    case 'RestElement':
      return boundNames(node['argument'] as Node);
    default:
      return [];
  }
}

function visit(node: Tree, scopes: Scope[], found: Reference[]): void {
  const { type } = node;
  if (type === 'Identifier') {
    const name = node['name'] as string;
    if (!scopes.some((scope) => scope.has(name)))
      found.push({ name, start: node.start, end: node.end, shorthand: false });
    return;
  }
  if (type === 'ImportDeclaration' || type === 'ExportAllDeclaration' || type === 'MetaProperty') return;
  if (type === 'ExportSpecifier') return visit(node['local'] as Tree, scopes, found);
  if (type === 'Property' && node['shorthand']) {
    const first = found.length;
    visit(node['value'] as Tree, scopes, found);
    const name = found[first];
    if (name?.start === node.start) name.shorthand = true;
    return;
  }
  const inner = scopeOf(node);
  const inside = inner.size > 0 ? [...scopes, inner] : scopes;
  const label = node['computed'] ? undefined : LABELS[type];
  for (const [key, child] of Object.entries(node)) {
    if (key === label) continue;
    // A declaration's own name is bound outside of it.
    const around = key === 'id' && type.endsWith('Declaration') ? scopes : inside;
    for (const each of Array.isArray(child) ? child : [child]) if (isNode(each)) visit(each, around, found);
  }
}

function scopeOf(node: Tree): Scope {
  const scope: Scope = new Set();
  const own = node['id'] as Tree | null | undefined;
  if (own && (FUNCTIONS.has(node.type) || node.type.startsWith('Class'))) scope.add(own['name'] as string);
  if (FUNCTIONS.has(node.type)) {
    for (const parameter of node['params'] as Node[])
      for (const name of boundNames(parameter)) scope.add(name);
    addVariables(node['body'] as Tree, scope);
    scope.add('arguments');
  }
  if (BLOCKS.has(node.type)) {
    if (node.type === 'CatchClause')
      for (const name of boundNames(node['param'] as Node | null)) scope.add(name);
    const cases =
      node.type === 'SwitchStatement'
        ? (node['cases'] as Tree[]).flatMap((each) => each['consequent'] as Tree[])
        : [];
    const body = Array.isArray(node['body']) ? (node['body'] as Tree[]) : [];
    for (const each of [...body, ...cases, node['init'], node['left']])
      if (isNode(each)) addLexical(each, scope);
  }
  return scope;
}

/** Adds what `let`, `const`, `class` and `function` bind in the block that holds the statement. */
function addLexical(statement: Tree, scope: Scope): void {
  if (statement.type === 'VariableDeclaration' && statement['kind'] !== 'var') {
    for (const each of statement['declarations'] as Tree[])
      for (const name of boundNames(each['id'] as Node)) scope.add(name);
  } else if (statement.type === 'FunctionDeclaration' || statement.type === 'ClassDeclaration') {
    scope.add((statement['id'] as Tree)['name'] as string);
  }
}

/** Adds what `var` binds anywhere in a function, inner functions excepted. */
function addVariables(node: Tree, scope: Scope): void {
  if (FUNCTIONS.has(node.type) || node.type.startsWith('Class')) return;
  if (node.type === 'VariableDeclaration' && node['kind'] === 'var') {
    for (const each of node['declarations'] as Tree[])
      for (const name of boundNames(each['id'] as Node)) scope.add(name);
  }
  for (const child of Object.values(node))
    for (const each of Array.isArray(child) ? child : [child]) if (isNode(each)) addVariables(each, scope);
}

/** Whether a field of a node is a node itself. */
export function isNode(value: unknown): value is Tree {
  return typeof value === 'object' && value !== null && typeof (value as Tree).type === 'string';
}

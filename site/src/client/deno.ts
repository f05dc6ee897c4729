/** TypeScript as Deno's kernel reads it: exports and the browser share it. */
const redisClient = 'npm:ioredis@6.0.0';

/**
 * The cells of a notebook for Deno's kernel: packages of npm are named as such, and a name that several
 * cells declare at their top becomes a `var`, the one kind of name that this kernel lets be declared again.
 */
export function forDeno(cells: readonly string[]): string[] {
  const times = new Map<string, number>();
  for (const code of cells) {
    const names = new Set([...code.matchAll(declaration)].flatMap((found) => namesOf(found)));
    for (const name of names) times.set(name, (times.get(name) ?? 0) + 1);
  }
  return cells.map((code) =>
    code
      .replaceAll(/(from\s+|import\s*\(\s*)(['"])ioredis\2/g, `$1$2${redisClient}$2`)
      .replaceAll(declaration, (...found: string[]) => {
        const [text, kind] = found;
        if (!namesOf(found).some((name) => times.get(name)! > 1)) return text;
        if (kind === 'class') return text.replace(/^class ([\w$]+)/, 'var $1 = class $1');
        return text.replace(/^(?:const|let) /, 'var ');
      }),
  );
}

const declaration = /^(const|let|var|class|(?:async )?function) *(?:\*? *)([\w$]+|\{[^}]*\}|\[[^\]]*\])/gm;

/** Makes a TypeScript notebook Deno's: the source of its cells that run is replaced. */
export function makeDenos(cells: { cell_type: string; source: string }[]): void {
  const runnable = cells.filter(({ cell_type }) => cell_type === 'code');
  for (const [place, source] of forDeno(runnable.map((cell) => cell.source)).entries())
    runnable[place].source = source;
}

function namesOf([, , pattern]: readonly string[]): string[] {
  return pattern.match(/[\w$]+(?!\s*:)/g) ?? [];
}

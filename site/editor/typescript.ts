/** What TypeScript knows of a cell: the real types of ioredis and Node, `display`, and the cells above. */
import { typescriptDefaults } from 'monaco-editor/languages/features/typescript/register.js';
import { exported, globals } from '../src/client/earlier.ts';

/** Sets the compiler as the kernel runs code, and fetches the types. */
export function prepareTypeScript(): void {
  // Plain numbers: Monaco's enums are narrower than the compiler it carries (Bundler, ESNext, forced modules).
  const compiler: Record<string, string | number | boolean | string[]> = {
    target: 99,
    module: 99,
    moduleResolution: 100,
    moduleDetection: 3,
    lib: ['es2024', 'esnext.disposable'],
    types: ['node'],
    strict: true,
    noEmit: true,
    erasableSyntaxOnly: true,
    allowImportingTsExtensions: true,
    skipLibCheck: true,
    noImplicitAny: false,
  };
  typescriptDefaults.setCompilerOptions(compiler);
  typescriptDefaults.setDiagnosticsOptions({
    // Names of later cells, a value left alone on the last line: usual in a notebook.
    diagnosticCodesToIgnore: [2695, 1375, 1378, 6133, 7027],
  });
  typescriptDefaults.setEagerModelSync(false);
  void fetch('/types/ioredis.json')
    .then((response) => response.json() as Promise<Record<string, string>>)
    .then((files) => {
      typescriptDefaults.setExtraLibs(
        Object.entries(files).map(([path, content]) => ({ filePath: `file:///${path}`, content })),
      );
      libraries = true;
      knowEarlierCells(lastEarlier);
    });
}

let libraries = false;
let lastEarlier: string[] = [];
let earlier: { dispose(): void }[] = [];

/** Makes the names that earlier cells declare known to every cell. */
export function knowEarlierCells(cells: string[]): void {
  lastEarlier = cells;
  if (!libraries) return;
  for (const library of earlier) library.dispose();
  earlier =
    cells.length === 0
      ? []
      : [
          ...cells.map((code, index) =>
            typescriptDefaults.addExtraLib(exported(code), `file:///earlier/cell-${index}.ts`),
          ),
          typescriptDefaults.addExtraLib(globals(cells), 'file:///earlier/globals.d.ts'),
        ];
}

/** The installed packages a program of a box imports, with all that these import in turn. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

interface Manifest {
  dependencies?: Record<string, string>;
  optionalDependencies?: Record<string, string>;
}

/** The names of these packages and of their dependencies that are installed in a node_modules folder. */
export function packageClosure(folder: string, names: string[]): string[] {
  const found = new Set<string>();
  const visit = (name: string): void => {
    const manifest = join(folder, name, 'package.json');
    if (found.has(name) || !existsSync(manifest)) return;
    found.add(name);
    const { dependencies, optionalDependencies }: Manifest = JSON.parse(readFileSync(manifest, 'utf8'));
    for (const next of Object.keys({ ...dependencies, ...optionalDependencies })) visit(next);
  };
  names.forEach(visit);
  return [...found].toSorted();
}

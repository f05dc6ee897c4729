/** Parts of files shown in pages, between `// #region name` and `// #endregion` (`--` in Lua, `#` in Python). */
import { ContentFault } from './fault.ts';

const mark = /^\s*(?:\/\/|--|#)\s*#(region|endregion)\b\s*(.*?)\s*$/;

/** A part of a file: its text without its own indentation, and the line it starts at (1-based). */
export interface Region {
  text: string;
  line: number;
}

/** Takes the named part out of a source; the whole file without its marks when no part is named. */
export function takeRegion(source: string, part: string | undefined, file: string): Region {
  const lines = source.split('\n');
  const stack: { name: string; line: number }[] = [];
  const found: Region[] = [];
  for (const [index, text] of lines.entries()) {
    const match = mark.exec(text);
    if (!match) continue;
    if (match[1] === 'region') {
      if (!match[2]) {
        throw new ContentFault(
          file,
          index + 1,
          'Cette marque #region n’a pas de nom.',
          'Écrivez par exemple « // #region connexion ».',
        );
      }
      stack.push({ name: match[2], line: index + 1 });
    } else {
      const open = stack.pop();
      if (!open) {
        throw new ContentFault(
          file,
          index + 1,
          'Ce #endregion ne ferme aucune marque #region.',
          'Retirez-le, ou ajoutez la marque #region qui l’ouvre.',
        );
      }
      if (open.name === part) found.push({ text: shown(lines.slice(open.line, index)), line: open.line + 1 });
    }
  }
  const open = stack.at(-1);
  if (open) {
    throw new ContentFault(
      file,
      open.line,
      `La marque #region « ${open.name} » n’est jamais fermée.`,
      'Ajoutez #endregion après la dernière ligne à montrer.',
    );
  }
  if (part === undefined) return { text: shown(lines), line: 1 };
  const [first, second] = found;
  if (!first) {
    throw new ContentFault(
      file,
      null,
      `La partie « ${part} » n’existe pas dans ce fichier.`,
      `Entourez les lignes voulues de « #region ${part} » et « #endregion », ou corrigez l’attribut part de la page.`,
    );
  }
  if (second) {
    throw new ContentFault(
      file,
      second.line - 1,
      `La partie « ${part} » est marquée deux fois.`,
      'Donnez un autre nom à l’une des deux.',
    );
  }
  return first;
}

function shown(lines: string[]): string {
  const kept = lines.filter((line) => !mark.test(line));
  const indents = kept.filter((line) => line.trim() !== '').map((line) => /^[ \t]*/.exec(line)![0].length);
  const indent = indents.length > 0 ? Math.min(...indents) : 0;
  return kept
    .map((line) => line.slice(indent))
    .join('\n')
    .replace(/^\n+|\s+$/g, '');
}

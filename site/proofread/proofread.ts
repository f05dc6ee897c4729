/**
 * `npm run proofread [-- FILE…]`: spelling and grammar of the course's French, by LanguageTool. A finding is
 * a place to look at: mend the sentence, or accept it, a word in course/mots.txt and anything else as
 * the line that is printed, in course/relecture.txt. Exits 1 when something is neither.
 * LANGUAGETOOL is the folder of its jars.
 */
import { spawn } from 'node:child_process';
import { globSync, readFileSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import { join, relative } from 'node:path';
import { root } from '../src/content/rooms.ts';
import { proseOf } from './prose.ts';

/** One finding, as its author reads it. */
export interface Finding {
  file: string;
  line: number;
  /** What accepts it: the rule and its words with their neighbours. */
  key: string;
  message: string;
}

interface Match {
  rule: string;
  from: number;
  to: number;
  message: string;
  better: string[];
}

const spelling = /^FR_SPELLING/;
/** Spaces are set by the build; commas, repetitions and figures in letters are the author's. */
const settled =
  /WHITESPACE|^DOUBLES_ESPACES|^UPPERCASE_SENTENCE_START|UNPAIRED_BRACKETS|^PAS_DE_VIRGULE|^REP_|^FR_REPEATEDWORDS|^NOMBRES_EN_LETTRES|^PLACE_ADJ|^VIRG_NON_TROUVEE|^PLACE_DE_LA_VIRGULE/;

/** Every page of the course and statement of a lab. */
export function proofreadFiles(): string[] {
  return globSync(['course/*/**/*.mdx', 'labs/[0-9]*/lab.md'], { cwd: root }).toSorted();
}

/** What LanguageTool finds in these files, paths from the root, and nobody has accepted. */
export async function proofread(files: string[]): Promise<Finding[]> {
  const words = new Set(linesOf('course/mots.txt').map((word) => word.toLowerCase()));
  const accepted = new Set(linesOf('course/relecture.txt'));
  const pages = files.map((file) => proseOf(readFileSync(join(root, file), 'utf8')));
  const found = await check(pages.map((page) => page.text));
  return found.flatMap((matches, place) => {
    const { text: prose, lineAt } = pages[place];
    return matches.flatMap(({ rule, from, to, message, better }) => {
      const excerpt = prose.slice(from, to);
      if (settled.test(rule) || accepted.has(`${rule} ${excerpt}`)) return [];
      if (spelling.test(rule) && isKnown(excerpt, words)) return [];
      const key = `${rule} ${surroundings(prose, from, to)}`;
      if (accepted.has(key)) return [];
      const advice = better.length > 0 ? ` → ${better.join(' | ')}` : '';
      return [{ file: files[place], line: lineAt(from), key, message: `${message}${advice}` }];
    });
  });
}

/** A word of the list, its plural, or a name in capitals. */
function isKnown(word: string, words: Set<string>): boolean {
  const small = word.toLowerCase();
  return words.has(small) || words.has(small.replace(/s$/, '')) || /[A-Z0-9_].*[A-Z0-9_]/.test(word);
}

/** The words found and two on either side: they stay the same when the page around them changes. */
function surroundings(prose: string, from: number, to: number): string {
  const before = prose.slice(0, from).match(/(?:\S+\s+){0,2}\S*$/)![0];
  const after = prose.slice(to).match(/^\S*(?:\s+\S+){0,2}/)![0];
  return `${before}${prose.slice(from, to)}${after}`.replaceAll(/\s+/g, ' ').trim();
}

function linesOf(file: string): string[] {
  const lines = readFileSync(join(root, file), 'utf8').split('\n');
  return lines.filter((line) => line !== '' && !line.startsWith('#'));
}

async function check(texts: string[]): Promise<Match[][]> {
  const java = spawn(
    'java',
    ['-cp', `${process.env['LANGUAGETOOL']}/*`, join(import.meta.dirname, 'Proofread.java')],
    {
      stdio: ['pipe', 'pipe', 'inherit'],
    },
  );
  java.stdin.end(JSON.stringify(texts));
  return JSON.parse(await text(java.stdout)) as Match[][];
}

if (process.argv[1] === import.meta.filename) {
  const asked = process.argv.slice(2).map((file) => relative(root, file));
  const files = asked.length > 0 ? asked : proofreadFiles();
  const findings = await proofread(files);
  for (const file of files) {
    const here = findings.filter((finding) => finding.file === file);
    console.log(`${here.length === 0 ? '  ✓' : '  ✗'} ${file}`);
    for (const { line, message, key } of here) console.log(`      ${line} — ${message}\n        ${key}`);
  }
  console.log(
    findings.length === 0
      ? `Rien à signaler dans ${files.length} fichiers.`
      : `${findings.length} endroits à regarder. Corrigez la phrase, ou recopiez la ligne en retrait dans course/relecture.txt.`,
  );
  process.exit(findings.length === 0 ? 0 : 1);
}

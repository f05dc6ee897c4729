/** The colours of code: the same two themes for shiki at build time and for Monaco in the browser. */

interface Palette {
  name: string;
  type: 'light' | 'dark';
  paper: string;
  ink: string;
  faint: string;
  keyword: string;
  text: string;
  number: string;
  call: string;
  kind: string;
  line: string;
  selection: string;
}

function theme(palette: Palette) {
  const rule = (scope: string[], foreground: string, fontStyle?: string) => ({
    scope,
    settings: fontStyle ? { foreground, fontStyle } : { foreground },
  });
  return {
    name: palette.name,
    type: palette.type,
    colors: {
      'editor.background': palette.paper,
      'editor.foreground': palette.ink,
      'editorLineNumber.foreground': palette.faint,
      'editor.selectionBackground': palette.selection,
      'editor.lineHighlightBackground': palette.line,
      'editorCursor.foreground': palette.keyword,
    },
    settings: [
      { settings: { background: palette.paper, foreground: palette.ink } },
      rule(['comment', 'punctuation.definition.comment'], palette.faint, 'italic'),
      rule(
        [
          'keyword',
          'storage',
          'storage.type',
          'keyword.control',
          'keyword.operator.new',
          'keyword.operator.expression',
          'variable.language',
        ],
        palette.keyword,
      ),
      rule(['keyword.operator', 'punctuation', 'meta.brace'], palette.ink),
      rule(
        ['string', 'string.quoted', 'string.template', 'punctuation.definition.string', 'string.regexp'],
        palette.text,
      ),
      rule(['constant.numeric', 'constant.language', 'constant.character.escape'], palette.number),
      rule(['entity.name.function', 'support.function', 'meta.function-call.generic'], palette.call),
      rule(
        [
          'entity.name.type',
          'entity.name.class',
          'support.class',
          'support.type',
          'entity.other.inherited-class',
        ],
        palette.kind,
      ),
      rule(['punctuation.definition.template-expression', 'punctuation.section.embedded'], palette.keyword),
      rule(['markup.heading', 'entity.name.tag', 'entity.name.section'], palette.keyword),
      rule(
        ['support.type.property-name.json', 'entity.name.tag.yaml', 'meta.object-literal.key'],
        palette.kind,
      ),
      rule(['markup.inserted'], palette.text),
      rule(['markup.deleted'], palette.keyword),
    ],
  };
}

const light: Palette = {
  name: 'atelier-clair',
  type: 'light',
  paper: '#ffffff',
  ink: '#1f2a37',
  faint: '#68717d',
  keyword: '#b3261e',
  text: '#1d6b45',
  number: '#8a4b08',
  call: '#1f4f9e',
  kind: '#6b3fa0',
  line: '#f6f7f9',
  selection: '#cfe0f7',
};
const dark: Palette = {
  name: 'atelier-sombre',
  type: 'dark',
  paper: '#161b22',
  ink: '#dbe2ea',
  faint: '#8b96a3',
  keyword: '#ff8f80',
  text: '#86d4a6',
  number: '#f0b76b',
  call: '#8fbcff',
  kind: '#c9a8f5',
  line: '#1c232c',
  selection: '#2b4468',
};

/** Light and dark, as shiki wants them. */
export const themes = { light: theme(light), dark: theme(dark) };

const classes = { keyword: 'ck', text: 'ct', number: 'cn', call: 'cc', kind: 'cy', faint: 'cf' } as const;
const names = Object.entries(classes) as [keyof typeof classes, string][];

/** The class of a word in a colour of the light theme; undefined for the ink of ordinary text. */
export function classOf(colour: string | undefined): string | undefined {
  return names.find(([role]) => light[role] === colour?.toLowerCase())?.[1];
}

/** The rules of these classes: a class for a colour weighs a third of a style for every word. */
export function codeStyles(): string {
  const rules = names.map(([role, name]) => `.${name}{color:light-dark(${light[role]},${dark[role]})}`);
  return `.code{color:light-dark(${light.ink},${dark.ink})}${rules.join('')}.${classes.faint}{font-style:italic}`;
}

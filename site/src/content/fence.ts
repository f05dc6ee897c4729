/** The info string of a fence, read: ```ts run id="x" title="y"``` gives `ts`, the word `run` and two attributes. */
export interface Fence {
  language: string;
  words: Set<string>;
  attributes: Record<string, string>;
}

/** Reads a fence's language and meta. Words stand alone; attributes are `name="value"`. */
export function readFence(language: string | null | undefined, meta: string | null | undefined): Fence {
  const attributes: Record<string, string> = {};
  const rest = (meta ?? '').replaceAll(/([\w-]+)=(?:"([^"]*)"|'([^']*)'|(\S+))/g, (_, name, a, b, c) => {
    attributes[name] = a ?? b ?? c ?? '';
    return ' ';
  });
  return { language: language ?? '', words: new Set(rest.split(/\s+/).filter(Boolean)), attributes };
}

/** The languages that run, by the names a fence may use for them. */
export const runnable: Record<string, 'typescript' | 'python' | 'go'> = {
  ts: 'typescript',
  typescript: 'typescript',
  python: 'python',
  py: 'python',
  go: 'go',
};

/** The language of a file, by its extension, as the highlighter names it. */
export function languageOfFile(path: string): string {
  const extension = path.slice(path.lastIndexOf('.') + 1);
  const known: Record<string, string> = {
    ts: 'ts',
    mjs: 'js',
    js: 'js',
    py: 'python',
    go: 'go',
    lua: 'lua',
    json: 'json',
    yml: 'yaml',
    yaml: 'yaml',
    sql: 'sql',
    sh: 'bash',
    md: 'md',
    redis: 'txt',
    conf: 'ini',
    java: 'java',
    php: 'php',
    cs: 'csharp',
  };
  return known[extension] ?? 'txt';
}

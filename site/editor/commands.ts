/** Redis's commands in the editor: their names, their words and what they cost, where code hands one to Redis. */
import type * as Monaco from 'monaco-editor/editor.js';
import { getTypeScriptWorker } from 'monaco-editor/languages/features/typescript/register.js';
import type { CommandHelp } from '../../runner/protocol.ts';
import { allCommands, callAround, commandOf, facts, manual, usage } from '../src/client/commands.ts';
import { fr } from '../src/texts/fr.ts';

const languages = ['typescript', 'python', 'go'];

/** Gives Monaco hovers, completions and signatures for `redis.call('…')`, `r.execute_command('…')`, `rdb.Do(ctx, "…")`. */
export function helpWithCommands(monaco: typeof Monaco): void {
  monaco.languages.registerHoverProvider(languages, {
    async provideHover(model, position) {
      const commands = await allCommands();
      const inside = callAt(model, position)?.inside;
      if (inside) {
        const found = named(commands, model, position);
        const [start, end] = [model.getPositionAt(inside.start), model.getPositionAt(inside.end)];
        return found && { contents: contents(found), range: monaco.Range.fromPositions(start, end) };
      }
      // TypeScript knows ioredis's own methods; those of redis-py and go-redis are named after commands too.
      if (model.getLanguageId() === 'typescript') return null;
      const word = model.getWordAtPosition(position);
      const method = word && model.getLineContent(position.lineNumber)[word.startColumn - 2] === '.';
      const found = method && commands.get(word.word.toUpperCase());
      return found ? { contents: contents(found) } : null;
    },
  });

  monaco.languages.registerCompletionItemProvider(languages, {
    triggerCharacters: ["'", '"', '`', '.'],
    async provideCompletionItems(model, position) {
      const call = callAt(model, position);
      if (!call?.inside || call.words.length > 1) return { suggestions: [] };
      const parent = call.words.length === 1 ? `${call.words[0]?.toUpperCase()} ` : '';
      const { start, end } = call.inside;
      const range = monaco.Range.fromPositions(model.getPositionAt(start), model.getPositionAt(end));
      const offered = [...(await allCommands()).values()].filter(({ name }) =>
        parent === '' ? !name.includes(' ') : name.startsWith(parent),
      );
      return {
        suggestions: offered.map((command) => ({
          label: command.name.slice(parent.length),
          detail: command.syntax,
          documentation: contents(command)[1],
          insertText: command.name.slice(parent.length),
          kind: monaco.languages.CompletionItemKind.Function,
          range,
        })),
      };
    },
  });

  const signatures: Monaco.languages.SignatureHelpProvider = {
    signatureHelpTriggerCharacters: [','],
    signatureHelpRetriggerCharacters: [')'],
    async provideSignatureHelp(model, position) {
      const call = callAt(model, position);
      if (!call || call.words.length === 0) return null;
      const words = call.words.map((word) => word ?? '');
      const found = commandOf(await allCommands(), words);
      if (!found?.syntax) return null;
      const parameters = parametersOf(found.syntax);
      const given = words.length - found.name.split(' ').length;
      return {
        value: {
          signatures: [
            {
              label: usage(found),
              documentation: { value: [found.summary, facts(found).join(' · ')].join('\n\n') },
              parameters: parameters.map((label) => ({ label })),
            },
          ],
          activeSignature: 0,
          activeParameter: Math.min(given, parameters.length - 1),
        },
        dispose() {},
      };
    },
  };
  monaco.languages.registerSignatureHelpProvider(['python', 'go'], signatures);
  // The last one registered is asked first, and TypeScript registers its own with its first cell.
  const last = (): void =>
    void getTypeScriptWorker().then(
      () => monaco.languages.registerSignatureHelpProvider('typescript', signatures),
      () => setTimeout(last, 50),
    );
  monaco.languages.onLanguage('typescript', last);
}

const callAt = (model: Monaco.editor.ITextModel, position: Monaco.Position) =>
  callAround(model.getValue(), model.getOffsetAt(position));

/** The command whose name the place is in. */
function named(
  commands: ReadonlyMap<string, CommandHelp>,
  model: Monaco.editor.ITextModel,
  position: Monaco.Position,
): CommandHelp | undefined {
  const { words, inside } = callAt(model, position)!;
  const found = commandOf(commands, [...words.map((word) => word ?? ''), inside!.text]);
  return found && words.length < found.name.split(' ').length ? found : undefined;
}

function contents(command: CommandHelp): { value: string }[] {
  const said = [command.summary, facts(command).join(' · '), `[${fr.commands.manual}](${manual(command)})`];
  return [
    { value: `\`\`\`text\n${usage(command)}\n\`\`\`` },
    { value: said.filter(Boolean).join('\n\n').replaceAll('<', '&lt;') },
  ];
}

/** The arguments of a syntax at its first level: `key`, `value`, `[NX | XX]`. */
function parametersOf(syntax: string): string[] {
  const found: string[] = [];
  let depth = 0;
  for (const word of syntax.split(' ')) {
    if (depth === 0) found.push(word);
    else found.push(`${found.pop()} ${word}`);
    depth += word.split(/[[<]/).length - word.split(/[\]>]/).length;
  }
  return found;
}

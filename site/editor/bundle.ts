/** The editor's bundle: Monaco with what the course's languages need, and nothing of the page. */
import * as monaco from 'monaco-editor/editor.js';
import 'monaco-editor/features/register.all.js';
import 'monaco-editor/languages/definitions/typescript/register.js';
import 'monaco-editor/languages/features/typescript/register.js';
import 'monaco-editor/languages/definitions/python/register.js';
import 'monaco-editor/languages/definitions/go/register.js';
import EditorWorker from 'monaco-editor/editor/editor.worker.js?worker';
import TypeScriptWorker from 'monaco-editor/languages/features/typescript/ts.worker.js?worker';
import { OneEditor, type Editing } from './one.ts';
import { colours, type Colours } from './colours.ts';
import { helpWithCommands } from './commands.ts';
import { prepareTypeScript } from './typescript.ts';

/** What a page can ask of the editor. */
export interface Bundle {
  /** Moves the editor to a place of the page, on a cell's code. */
  edit(editing: Editing, place: HTMLElement): void;
  /** Takes the editor away from a cell; its model stays. */
  close(name: string): void;
  /** Gives the keyboard to the editor, at a line when one is given. */
  reveal(line?: number, column?: number): void;
  /** Marks where a run failed; null takes the mark away. */
  mark(name: string, error: { name: string; message: string; line?: number; column?: number } | null): void;
  /** Replaces a cell's code. */
  replace(name: string, code: string): void;
  /** Colours the text of an element. */
  paint(element: HTMLElement, language: string): void;
}

self.MonacoEnvironment = {
  getWorker: (_, label) => (label === 'typescript' ? new TypeScriptWorker() : new EditorWorker()),
};

/** Prepares Monaco; called once. */
export async function open(): Promise<Bundle> {
  const painted: Colours = await colours(monaco);
  prepareTypeScript();
  helpWithCommands(monaco);
  const one = new OneEditor(monaco, painted);
  return {
    edit: (editing, place) => one.edit(editing, place),
    close: (name) => one.close(name),
    reveal: (line, column) => one.reveal(line, column),
    mark: (name, error) => one.mark(name, error),
    replace: (name, code) => one.replace(name, code),
    paint: (element, language) => painted.paint(element, language),
  };
}

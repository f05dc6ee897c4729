/** The one editor of the page. */
import type * as Monaco from 'monaco-editor/editor.js';
import type { Colours } from './colours.ts';
import { knowEarlierCells } from './typescript.ts';

/** A cell's code as the editor takes it. */
export interface Editing {
  name: string;
  language: string;
  label: string;
  code: string;
  /** The code of the cells above, in order. */
  earlier: string[];
  /** Where the caret was. */
  offset: number;
  changed(code: string): void;
  key(event: KeyboardEvent): void;
  left(): void;
}

const extensions: Record<string, string> = { typescript: 'ts', python: 'py', go: 'go' };

/** Models take it from the global settings, under a name that Monaco's types do not know; shiki colours brackets. */
const modelOptions: Record<string, boolean> = { 'bracketPairColorization.enabled': false };

/** One Monaco instance and a model a cell. */
export class OneEditor {
  readonly #monaco: typeof Monaco;
  readonly #editor: Monaco.editor.IStandaloneCodeEditor;
  readonly #home = document.createElement('div');
  #editing: Editing | null = null;
  #quiet = false;

  constructor(monaco: typeof Monaco, colours: Colours) {
    this.#monaco = monaco;
    this.#home.className = 'editor-home';
    this.#editor = monaco.editor.create(this.#home, {
      automaticLayout: true,
      minimap: { enabled: false },
      fontSize: 13.6,
      lineHeight: 21.76,
      fontFamily: getComputedStyle(document.documentElement).getPropertyValue('--mono'),
      lineNumbersMinChars: 3,
      folding: false,
      glyphMargin: false,
      lineDecorationsWidth: 8,
      scrollBeyondLastLine: false,
      scrollbar: { vertical: 'hidden', alwaysConsumeMouseWheel: false, horizontalScrollbarSize: 8 },
      overviewRulerLanes: 0,
      overviewRulerBorder: false,
      renderLineHighlight: 'none',
      padding: { top: 12, bottom: 12 },
      ...modelOptions,
      guides: { indentation: false },
      stickyScroll: { enabled: false },
      fixedOverflowWidgets: true,
      tabSize: 2,
      wordWrap: 'off',
      contextmenu: false,
      quickSuggestions: { other: true, comments: false, strings: false },
      occurrencesHighlight: 'off',
      accessibilitySupport: 'auto',
      unicodeHighlight: { nonBasicASCII: false, ambiguousCharacters: false },
    });
    colours.follow();
    this.#editor.onDidContentSizeChange(() => this.#fit());
    this.#editor.onDidChangeModelContent(() => {
      if (!this.#quiet) this.#editing?.changed(this.#editor.getValue());
    });
    // Notebook keys come before Monaco's own.
    this.#home.addEventListener('keydown', (event) => this.#key(event), true);
  }

  edit(editing: Editing, place: HTMLElement): void {
    this.#editing = editing;
    place.append(this.#home);
    const model = this.#model(editing);
    this.#silently(() => {
      if (model.getValue() !== editing.code) model.setValue(editing.code);
    });
    knowEarlierCells(editing.earlier);
    this.#editor.setModel(model);
    this.#editor.updateOptions({
      ariaLabel: editing.label,
      insertSpaces: editing.language !== 'go',
      tabSize: editing.language === 'typescript' ? 2 : 4,
    });
    this.#fit();
    this.#editor.setPosition(model.getPositionAt(editing.offset));
    this.#editor.focus();
  }

  close(name: string): void {
    if (this.#editing?.name !== name) return;
    this.#editing = null;
    this.#editor.setModel(null);
    this.#home.remove();
  }

  reveal(lineNumber?: number, column = 1): void {
    if (lineNumber !== undefined) this.#editor.setPosition({ lineNumber, column });
    this.#editor.focus();
  }

  mark(name: string, error: { name: string; message: string; line?: number; column?: number } | null): void {
    const model = this.#find(name);
    if (!model) return;
    const line = Math.min(error?.line ?? 1, model.getLineCount());
    const markers =
      error?.line === undefined
        ? []
        : [
            {
              severity: this.#monaco.MarkerSeverity.Error,
              message: `${error.name} : ${error.message}`,
              startLineNumber: line,
              startColumn: error.column ?? (model.getLineFirstNonWhitespaceColumn(line) || 1),
              endLineNumber: line,
              endColumn: model.getLineMaxColumn(line),
            },
          ];
    this.#monaco.editor.setModelMarkers(model, 'run', markers);
  }

  replace(name: string, code: string): void {
    const model = this.#find(name);
    if (model && model.getValue() !== code) this.#silently(() => model.setValue(code));
  }

  #find(name: string): Monaco.editor.ITextModel | undefined {
    return this.#monaco.editor.getModels().find((model) => model.uri.path.startsWith(`/cells/${name}.`));
  }

  #model({ name, language, code }: Editing): Monaco.editor.ITextModel {
    const uri = this.#monaco.Uri.parse(`file:///cells/${name}.${extensions[language] ?? 'txt'}`);
    return this.#monaco.editor.getModel(uri) ?? this.#monaco.editor.createModel(code, language, uri);
  }

  #silently(change: () => void): void {
    this.#quiet = true;
    change();
    this.#quiet = false;
  }

  #fit(): void {
    const height = this.#editor.getContentHeight();
    if (this.#home.style.height !== `${height}px`) this.#home.style.height = `${height}px`;
  }

  #key(event: KeyboardEvent): void {
    if (!this.#editing) return;
    if (event.key === 'Enter' && (event.shiftKey || event.ctrlKey || event.metaKey || event.altKey)) {
      this.#editing.key(event);
      event.stopPropagation();
    } else if (event.key === 'Escape' && !this.#isBusy()) {
      event.preventDefault();
      event.stopPropagation();
      this.#editing.left();
    }
  }

  /** Whether Escape has something to close inside the editor first. */
  #isBusy(): boolean {
    return (
      this.#home.querySelector(
        '.suggest-widget.visible, .find-widget.visible, .parameter-hints-widget.visible, .rename-box',
      ) !== null ||
      document.querySelector(
        '.monaco-editor .suggest-widget.visible, .monaco-editor .parameter-hints-widget.visible',
      ) !== null ||
      !(this.#editor.getSelection()?.isEmpty() ?? true)
    );
  }
}

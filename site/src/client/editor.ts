/**
 * The editor of cells: Monaco, one instance moved to the cell that is edited, loaded at the first
 * focus; a plain text area meanwhile, on touch screens, and when Monaco cannot be had.
 */
import type { Bundle } from '../../editor/main.ts';
import type { CodeError, Language } from '../../../runner/protocol.ts';
import { fr } from '../texts/fr.ts';
import { h, loadStyles, writeLines } from './dom.ts';

/** What the editor must know of a cell's code, and what it may do to it. */
export interface Sheet {
  /** `cell.language`: the model's name. */
  name: string;
  language: Language;
  label: string;
  panel: HTMLElement;
  pre: HTMLPreElement;
  read(): string;
  changed(code: string): void;
  /** The code of the cells above, whose names this one may use. */
  earlier(): string[];
  key(event: KeyboardEvent): void;
  /** The text was written anew outside the editor: marks are to be put back. */
  painted(): void;
  /** Set while Monaco has a model of it. */
  mark?: (error: CodeError | null) => void;
  replace?: (code: string) => void;
}

let bundle: Promise<Bundle> | null = null;
let editing: { sheet: Sheet; close: () => void } | null = null;

const isTouch = () => matchMedia('(pointer: coarse)').matches;

/** Loads Monaco, once. */
function load(): Promise<Bundle> {
  bundle ??= (async () => {
    const at = (path: string) => new URL(path, location.origin).href;
    const manifest = (await (await fetch(at('/_editor/manifest.json'))).json()) as {
      script: string;
      style: string;
      next: string[];
    };
    for (const href of manifest.next) document.head.append(h('link', { rel: 'modulepreload', href }));
    const [module] = await Promise.all([
      import(/* @vite-ignore */ at(manifest.script)) as Promise<{ open: () => Promise<Bundle> }>,
      loadStyles(at(manifest.style)),
    ]);
    return module.open();
  })();
  bundle.catch(() => (bundle = null));
  return bundle;
}

/** Opens the editor on a cell's code. */
export function edit(sheet: Sheet, line?: number, column?: number): void {
  if (editing?.sheet === sheet) {
    sheet.panel.querySelector<HTMLElement>('.editor-plain')?.focus();
    void bundle?.then((monaco) => monaco.reveal(line, column)).catch(() => {});
    return;
  }
  editing?.close();
  const place = h('div', { class: 'editor' });
  const area = plain(sheet, place, line);
  sheet.pre.hidden = true;
  sheet.pre.after(place);
  sheet.panel.classList.add('is-edited');
  area.focus({ preventScroll: true });
  const mine = {
    sheet,
    close: () => {
      if (editing !== mine) return;
      editing = null;
      void bundle?.then((monaco) => monaco.close(sheet.name)).catch(() => {});
      place.remove();
      sheet.panel.classList.remove('is-edited');
      sheet.pre.hidden = false;
      repaint(sheet);
    },
  };
  editing = mine;
  if (isTouch()) return;
  const note = h('p', { class: 'editor-note', role: 'status' }, fr.cell.loading);
  const late = setTimeout(() => place.append(note), 250);
  load().then(
    (monaco) => {
      clearTimeout(late);
      if (editing !== mine) return;
      const offset = area.selectionStart;
      place.replaceChildren();
      monaco.edit(
        {
          name: sheet.name,
          language: sheet.language,
          label: sheet.label,
          code: sheet.read(),
          earlier: sheet.language === 'typescript' ? sheet.earlier() : [],
          offset,
          changed: (code) => sheet.changed(code),
          key: (event) => sheet.key(event),
          left: () => leave(sheet),
        },
        place,
      );
      sheet.mark = (error) => monaco.mark(sheet.name, error);
      sheet.replace = (code) => monaco.replace(sheet.name, code);
    },
    () => {
      clearTimeout(late);
      note.textContent = fr.cell.editorFailed;
      place.append(note);
    },
  );
}

/** Closes the editor and gives the keyboard back to the cell. */
function leave(sheet: Sheet): void {
  editing?.close();
  sheet.pre.focus({ preventScroll: true });
}

/** Shows what was typed with the colours of the editor, once it is there. */
function repaint(sheet: Sheet): void {
  const code = sheet.pre.querySelector('code')!;
  if (code.textContent === sheet.read()) return;
  writeLines(code, sheet.read());
  sheet.painted();
  void bundle
    ?.then((monaco) => {
      monaco.paint(code, sheet.language);
      sheet.painted();
    })
    .catch(() => {});
}

/** A text area as tall as its text. */
function plain(sheet: Sheet, place: HTMLElement, line?: number): HTMLTextAreaElement {
  const area = h('textarea', {
    class: 'editor-plain',
    'aria-label': sheet.label,
    spellcheck: 'false',
    autocapitalize: 'off',
    autocomplete: 'off',
    wrap: 'off',
  });
  area.value = sheet.read();
  const fit = () => {
    area.rows = area.value.split('\n').length;
  };
  fit();
  area.oninput = () => {
    fit();
    sheet.changed(area.value);
  };
  area.onkeydown = (event) => {
    if (event.key === 'Escape') leave(sheet);
    else if (event.key === 'Tab' && !event.shiftKey) {
      event.preventDefault();
      area.setRangeText('  ', area.selectionStart, area.selectionEnd, 'end');
      area.oninput?.(new InputEvent('input'));
    } else sheet.key(event);
  };
  sheet.replace = (code) => {
    area.value = code;
    fit();
  };
  place.append(area);
  const before =
    line === undefined
      ? 0
      : area.value
          .split('\n')
          .slice(0, line - 1)
          .join('\n').length + (line > 1 ? 1 : 0);
  area.setSelectionRange(before, before);
  return area;
}

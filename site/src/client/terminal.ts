/** redis-cli beside the text: a real one, in a PTY, in a box. The server keeps it from page to page. */
import { FitAddon } from '@xterm/addon-fit';
import { Terminal } from '@xterm/xterm';
import styles from '@xterm/xterm/css/xterm.css?url';
import { fr } from '../texts/fr.ts';
import type { Panel } from './dock.ts';
import { h, loadStyles } from './dom.ts';
import { lessonId } from './lesson.ts';
import { sentence } from './message.ts';
import { link } from './socket.ts';

/** Its name on the server: one a lesson, found again after a reload. */
const terminal = 'main';

/** Makes the panel; the terminal itself opens when the panel is shown and the link stands. */
export async function openTerminal(): Promise<Panel> {
  await loadStyles(styles);
  const screen = h('div', { class: 'terminal-screen' });
  const foot = h('p', { class: 'terminal-foot' }, fr.terminal.leave);
  const element = h('div', { class: 'terminal' }, screen, foot);
  const shell = new Terminal({
    fontFamily: getComputedStyle(document.documentElement).getPropertyValue('--mono'),
    fontSize: 13,
    lineHeight: 1.25,
    cursorBlink: !matchMedia('(prefers-reduced-motion: reduce)').matches,
    screenReaderMode: true,
    scrollback: 5000,
    theme: {
      background: '#12171e',
      foreground: '#dfe5ec',
      cursor: '#ff8f80',
      selectionBackground: '#2b4468',
    },
  });
  const fit = new FitAddon();
  shell.loadAddon(fit);
  let opened = false;
  let visible = false;
  let drawn = false;

  const size = () => ({ columns: shell.cols, rows: shell.rows });
  const open = () => {
    if (!visible || opened || link.state.at !== 'open') return;
    // The server sends again what the screen showed.
    shell.reset();
    opened = link.send({ type: 'terminal-open', lesson: lessonId, terminal, ...size() });
  };
  const ended = (text: Node | string) => {
    opened = false;
    const again = h('button', { type: 'button', class: 'fold' }, fr.terminal.restart);
    again.onclick = () => {
      foot.replaceChildren(fr.terminal.leave);
      open();
      shell.focus();
    };
    foot.replaceChildren(text, ' ', again);
  };

  shell.onData((data) => opened && link.send({ type: 'terminal-input', lesson: lessonId, terminal, data }));
  shell.onResize(
    () => opened && link.send({ type: 'terminal-resize', lesson: lessonId, terminal, ...size() }),
  );
  link.on(
    'terminal-output',
    (message) => message.lesson === lessonId && message.terminal === terminal && shell.write(message.data),
  );
  link.on('terminal-ended', (message) => {
    if (message.lesson !== lessonId || message.terminal !== terminal) return;
    ended(message.message ? sentence(message.message) : fr.terminal.ended);
  });
  link.on('refused', ({ lesson, code, message }) => {
    if (lesson === lessonId && (code.includes('terminal') || (opened && code === 'not-started')))
      ended(sentence(message));
  });
  link.watch((state) => {
    if (state.at === 'open') {
      foot.replaceChildren(fr.terminal.leave);
      open();
    } else {
      opened = false;
      foot.replaceChildren(fr.terminal.offline);
    }
  });
  // No keyboard trap: Escape twice gives the keyboard back to the page.
  let escapedAt = 0;
  shell.attachCustomKeyEventHandler((event) => {
    if (event.type !== 'keydown' || event.key !== 'Escape') return true;
    if (Date.now() - escapedAt < 700) {
      document.querySelector<HTMLElement>('[data-panel="terminal"]')?.focus();
      return false;
    }
    escapedAt = Date.now();
    return true;
  });
  new ResizeObserver(() => drawn && fit.fit()).observe(screen);

  return {
    element,
    shown() {
      visible = true;
      if (!drawn) {
        shell.open(screen);
        shell.textarea?.setAttribute('aria-label', fr.terminal.label);
        drawn = true;
      }
      fit.fit();
      open();
    },
    hidden() {
      visible = false;
    },
  };
}

/** redis-cli beside the text: a real one, in a PTY, in a box. The server keeps it from page to page. */
import { FitAddon } from '@xterm/addon-fit';
import { Terminal } from '@xterm/xterm';
import styles from '@xterm/xterm/css/xterm.css?url';
import type { CommandHelp } from '../../../runner/protocol.ts';
import { fr } from '../texts/fr.ts';
import { allCommands, commandOf, facts, manual, usage } from './commands.ts';
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
  const idle = h('p', {}, fr.terminal.help);
  const help = h(
    'div',
    { class: 'terminal-help', role: 'region', 'aria-label': fr.terminal.helpLabel, tabindex: 0 },
    idle,
  );
  const element = h('div', { class: 'terminal' }, screen, help, foot);
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
  let typed = '';
  shell.onWriteParsed(() => {
    const words = typedWords(shell);
    if (words.join(' ') === typed) return;
    typed = words.join(' ');
    void allCommands().then((commands) => {
      const command = commandOf(commands, words);
      help.replaceChildren(...(command ? described(command) : [idle]));
    });
  });

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

/** The first two words after redis-cli's prompt, up to the cursor. */
function typedWords({ buffer: { active } }: Terminal): string[] {
  let row = active.baseY + active.cursorY;
  let line = active.getLine(row)?.translateToString(false, 0, active.cursorX) ?? '';
  while (row > 0 && active.getLine(row)?.isWrapped)
    line = `${active.getLine(--row)?.translateToString(false) ?? ''}${line}`;
  const [, command = ''] = /^\S+> (.*)$/.exec(line) ?? [];
  return command.trimStart().split(/\s+/).slice(0, 2);
}

function described(command: CommandHelp): HTMLElement[] {
  return [
    h('code', {}, usage(command)),
    h(
      'p',
      {},
      command.summary,
      ' ',
      h('a', { href: manual(command), rel: 'noreferrer' }, fr.commands.manual),
    ),
    h('p', { class: 'terminal-facts' }, facts(command).join(' · ')),
  ];
}

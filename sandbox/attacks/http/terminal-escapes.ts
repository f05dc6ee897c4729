// Has redis-cli show sequences that set the clipboard, the title, or make the terminal type → none of them reaches the page
import { attack } from '../attack.ts';

export default attack(async ({ site }) => {
  const { visitor } = await site();
  const eve = await visitor();
  eve.send({ type: 'hello', lesson: 'libre' });
  eve.send({ type: 'terminal-open', lesson: 'libre', terminal: 't', columns: 80, rows: 24 });
  const shown = () =>
    eve.heard.map(({ type, data }) => (type === 'terminal-output' ? String(data) : '')).join('');
  await eve.hear('terminal-output');
  const lua = String.raw`EVAL "return {ok = '\\27]52;c;ZXZpbA==\\7 \\27]0;title\\7 \\27P$q\\27\\\\ \\27[6n \\27[21t seen'}" 0`;
  eve.send({ type: 'terminal-input', lesson: 'libre', terminal: 't', data: `${lua}\r` });
  for (let tries = 0; tries < 150 && !/ seen\r?\n/.test(shown()); tries++)
    await new Promise((resolve) => setTimeout(resolve, 20));
  const dangerous = shown().match(/\x1b\]52|\x1b\]0;title|\x1bP|\x1b\[6n|\x1b\[21t/g) ?? [];
  if (!/ seen\r?\n/.test(shown()))
    throw new Error(`the terminal showed nothing: ${JSON.stringify(shown().slice(-300))}`);
  return { effect: dangerous.length > 0, observed: JSON.stringify(dangerous) };
});

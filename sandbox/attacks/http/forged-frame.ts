// Writes frames of its own on the kernel's channel: a display of a kind that pages do not know, with HTML in it → the page is shown none
import { attack } from '../attack.ts';

export default attack(async ({ site }) => {
  const { visitor } = await site();
  const eve = await visitor();
  await eve.run(
    `
import os
for item in ({'kind': 'html', 'html': '<script>evil()</script>'}, {'kind': 'image', 'type': 'text/html', 'base64': 'PHNjcmlwdD4=', 'alternative': ''}, {'kind': 'image', 'type': 'image/svg+xml;x', 'base64': '"><script>', 'alternative': ''}):
    for cell in ('cell-1', 'x'):
        os.write(3, (__import__('json').dumps({'type': 'display', 'id': cell, 'item': item}) + '\\n').encode())`,
    'python',
  );
  const shown = eve.heard.filter(({ type }) => type === 'display');
  return { effect: shown.length > 0, observed: `${shown.length} displays reached the page` };
});

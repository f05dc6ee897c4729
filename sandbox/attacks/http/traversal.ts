// Asks for files beside the site by .., encoded once, twice, with backslashes and in ids → only the site's own are given
import { connect } from 'node:net';
import { attack } from '../attack.ts';

export default attack(async ({ site }) => {
  const { address, visitor } = await site();
  const { cookie } = await visitor();
  const { port, host } = new URL(address);
  const found: string[] = [];
  for (const path of [
    '/../package.json',
    '/..%2f..%2fpackage.json',
    '/%2e%2e/%2e%2e/package.json',
    '/..%252f..%252fpackage.json',
    '/..\\..\\package.json',
    '/_astro/../../../package.json',
    '/api/lessons/..%2f..%2fstore',
    '/api/labs/..%2f..%2f..%2fetc%2fpasswd',
    '/api/attempts/%00',
    '//etc/passwd',
    '/file:///etc/passwd',
  ]) {
    const text = await new Promise<string>((resolve) => {
      let said = '';
      const socket = connect(Number(port), '127.0.0.1', () =>
        socket.end(`GET ${path} HTTP/1.1\r\nhost: ${host}\r\ncookie: ${cookie}\r\nconnection: close\r\n\r\n`),
      );
      socket.on('data', (chunk) => (said += chunk.toString()));
      socket.on('close', () => resolve(said));
      socket.on('error', () => resolve(said));
    });
    if (/"ioredis"|root:x:0/.test(text)) found.push(path);
  }
  return { effect: found.length > 0, observed: found.join(' ') || 'nothing of it' };
});

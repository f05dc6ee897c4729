// Sends a request with two lengths, for a proxy and the server to disagree where it ends → it is refused
import { connect } from 'node:net';
import { attack } from '../attack.ts';

export default attack(async ({ site }) => {
  const { address } = await site();
  const { host, port } = new URL(address);
  const said = await new Promise<string>((resolve) => {
    let text = '';
    const socket = connect(Number(port), '127.0.0.1', () =>
      socket.write(
        `POST /api/learner HTTP/1.1\r\nhost: ${host}\r\ncontent-length: 40\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\nGET /metrics HTTP/1.1\r\nhost: ${host}\r\n\r\n`,
      ),
    );
    socket.on('data', (chunk) => (text += chunk.toString()));
    socket.on('close', () => resolve(text));
    socket.on('error', () => resolve(text));
    setTimeout(() => socket.destroy(), 1500).unref();
  });
  const answers = said.match(/HTTP\/1\.1 \d+/g) ?? [];
  return { effect: answers.some((answer) => answer.endsWith(' 200')), observed: answers.join(', ') };
});

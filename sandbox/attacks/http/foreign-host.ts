// A page of another name that points to this address (DNS rebinding) asks for a learner's work → it is refused
import { request } from 'node:http';
import { attack } from '../attack.ts';

export default attack(async ({ site }) => {
  const { address, visitor } = await site();
  const { cookie } = await visitor();
  const { port } = new URL(address);
  const statuses = await Promise.all(
    ['/', '/healthz', '/api/progress', '/api/learner'].map(
      (path) =>
        new Promise<number>((resolve) => {
          request(
            {
              host: '127.0.0.1',
              port,
              path,
              method: path === '/api/learner' ? 'POST' : 'GET',
              headers: { host: 'evil.example', cookie },
            },
            (response) => {
              response.resume();
              resolve(response.statusCode!);
            },
          ).end();
        }),
    ),
  );
  return { effect: statuses.some((status) => status < 400), observed: statuses.join(' ') };
});

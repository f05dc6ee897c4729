// Makes new learners without end from one address → beyond its rate none is made
import { request } from 'node:http';
import { attack } from '../attack.ts';

export default attack(async ({ site }) => {
  const { host, port } = new URL((await site()).address);
  // Another address of this machine, so that no other attack is refused in its place.
  const from = { host: '127.0.0.1', port, localAddress: '127.0.0.77', headers: { host }, agent: false };
  const make = () =>
    new Promise<number>((resolve) => {
      request({ ...from, path: '/api/learner', method: 'POST' }, (response) => {
        response.resume();
        resolve(response.statusCode!);
      }).end();
    });
  let made = 0;
  let refused = 0;
  for (let round = 0; round < 12; round++) {
    for (const status of await Promise.all(Array.from({ length: 50 }, make))) {
      if (status < 400) made++;
      else refused++;
    }
  }
  return { effect: made > 320, observed: `${made} made, ${refused} refused` };
});

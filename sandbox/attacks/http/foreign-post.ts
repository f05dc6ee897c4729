// A page of another site makes a browser POST, which needs no reading of the answer to do harm → it is refused
import { attack } from '../attack.ts';

export default attack(async ({ site }) => {
  const { address } = await site();
  const response = await fetch(`${address}/api/learner`, {
    method: 'POST',
    headers: { origin: 'https://evil.example' },
  });
  return { effect: response.status < 400, observed: `${response.status}` };
});

// Reads the operators' figures from a page of another name, or through a proxy's headers → it is refused
import { attack } from '../attack.ts';

export default attack(async ({ site }) => {
  const { address } = await site();
  const statuses: number[] = [];
  for (const headers of [{ origin: 'https://evil.example' }, { 'x-forwarded-for': '203.0.113.9' }] as Record<
    string,
    string
  >[])
    statuses.push((await fetch(`${address}/metrics`, { headers })).status);
  return { effect: statuses[0] < 400, observed: statuses.join(' ') };
});

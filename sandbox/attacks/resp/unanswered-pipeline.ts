// A learner sends commands by the hundred thousand to a server that answers none → the tap stops reading, and remembers few
import { connect } from 'node:net';
import { attack } from '../attack.ts';

export default attack(async ({ tapped, after }) => {
  const tap = await tapped((server) => server.resume());
  const client = connect(tap.port, '127.0.0.1');
  client.on('error', () => {});
  after(() => client.destroy());
  const part = '*1\r\n$4\r\nPING\r\n'.repeat(10_000);
  for (let sent = 0; sent < 100; sent++) client.write(part);
  // Until it stops growing.
  for (let before = -1; before < tap.outstanding() && before < 200_000;) {
    before = tap.outstanding();
    await new Promise((resolve) => setTimeout(resolve, 1000));
  }
  const outstanding = tap.outstanding();
  return { effect: outstanding > 200_000, observed: `${outstanding} of 1,000,000 commands are remembered` };
});

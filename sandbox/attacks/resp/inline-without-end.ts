// A learner sends one line that never ends instead of a command → the tap ends the connection
import { ends } from '../outside.ts';
import { attack } from '../attack.ts';

export default attack(async ({ tapped }) => {
  const tap = await tapped((server) => server.resume());
  const closed = await ends(tap.port, 'GET '.padEnd(4 << 20, 'x'));
  return { effect: !closed, observed: closed ? 'the connection was ended' : 'it is still read' };
});

// A Redis that was broken into answers arrays in arrays without end, to overflow the stack of whoever reads → the tap ends the connection and goes on
import { ends } from '../outside.ts';
import { attack } from '../attack.ts';

export default attack(async ({ tapped }) => {
  const tap = await tapped((server) => server.once('data', () => server.write('*1\r\n'.repeat(200_000))));
  const closed = await ends(tap.port, 'GET k\r\n');
  return {
    effect: !closed || tap.connections() > 0,
    observed: closed ? 'the connection was ended' : 'it waits for the end',
  };
});

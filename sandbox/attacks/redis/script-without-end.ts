// Runs a script for ever that has written nothing → it is killed, the keys are kept and the host still answers
import { attack } from '../attack.ts';

export default attack(async ({ instance }) => {
  const { connect } = await import('node:net');
  const held = await instance();
  const rest = held.use();
  const socket = connect(held.port, '127.0.0.1');
  socket.on('error', () => {});
  socket.write('SET k v\r\nEVAL "while true do end" 0\r\n');
  const said = await new Promise<string>((resolve) => {
    let text = '';
    socket.on('data', (chunk) => ((text += chunk.toString()), /killed/i.test(text) && resolve('killed')));
    void held.lost.then(({ cause }) => resolve(`lost: ${cause}`));
    setTimeout(() => resolve('it runs on'), 15_000).unref();
  });
  const answers = await held.answers();
  socket.destroy();
  rest();
  return {
    effect: said !== 'killed' || !answers,
    observed: `${said}; the host’s connection ${answers ? 'answers' : 'does not answer'}`,
  };
});

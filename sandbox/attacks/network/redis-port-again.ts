// Listens once more on 6379, which was handed to the host, to answer in Redis' place → every connection still reaches the tap
import { attack } from '../attack.ts';

export default attack(async ({ box, run }) => {
  const thief = await box('python');
  let tapped = 0;
  thief.listener!.on('connection', (socket) => {
    tapped++;
    socket.end('+TAP\r\n');
  });
  const { text } = await run(
    thief,
    `
s = socket.socket()
s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
bound = tried(lambda: (s.bind(('127.0.0.1', 6379)), s.listen()))
answers = [socket.create_connection(('127.0.0.1', 6379), 2).recv(10) for _ in range(20)]
print(bound, len([a for a in answers if a != b'+TAP\\r\\n']))`,
  );
  return { effect: tapped !== 20, observed: `${tapped} of 20 connections reached the tap; ${text.trim()}` };
});

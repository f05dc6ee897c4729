// Connects to another learner's Redis by the path of its socket → there is no such path
import { attack } from '../attack.ts';

export default attack(async ({ redis, python }) => {
  const { box, learner } = await redis();
  await learner.set('secret', 'of another');
  const path = box.redisSocket!.replace(/^\/proc\/\d+\/root/, '');
  const said = await python(`
s = socket.socket(socket.AF_UNIX)
print(tried(lambda: (s.connect('${path}'), s.send(b'GET secret\\r\\n'), s.recv(100))))`);
  return { effect: said.includes('of another'), observed: said };
});

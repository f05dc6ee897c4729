// Sends thousands of messages at once → beyond its rate it is refused, and another learner is served meanwhile
import { attack } from '../attack.ts';

export default attack(async ({ site }) => {
  const { visitor } = await site();
  const [vandal, other] = await Promise.all([visitor(), visitor()]);
  for (let count = 0; count < 20_000; count++) vandal.send({ type: 'hello', lesson: 'libre' });
  const { text } = await other.run("console.log('served');");
  const refused = vandal.heard.filter(({ code }) => code === 'too-many-messages').length;
  return {
    effect: text !== 'served\n' || refused === 0,
    observed: `${refused} refused; the other was ${text.trim()}`,
  };
});

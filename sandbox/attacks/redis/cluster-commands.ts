// Changes what the server thinks of itself by CLUSTER and by the modules' own cluster commands → it is refused
import { attack } from '../attack.ts';

export default attack(async ({ redis }) => {
  const { learner } = await redis();
  const said: string[] = [];
  for (const words of [
    ['CLUSTER', 'RESET', 'HARD'],
    ['CLUSTER', 'MEET', '127.0.0.1', '6379'],
    ['timeseries.CLUSTERSET', 'x'],
    ['timeseries.INNERCOMMUNICATION', 'x'],
    ['timeseries.FORCESHARDSCONNECTION'],
  ])
    said.push(
      await learner
        .call(words[0], ...words.slice(1))
        .then(String, (error: Error) => error.message.split(' ')[0]),
    );
  return { effect: said.some((text) => text !== 'NOPERM'), observed: said.join(' ') };
});

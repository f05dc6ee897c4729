// Reserves tebibytes by one command of each module that reserves, each on a server of its own → refused, virtual or its end, and the neighbour goes on
import { usedMemory } from '../outside.ts';
import { attack } from '../attack.ts';

export default attack(async ({ redis }) => {
  const neighbour = await redis();
  const orders = [
    ['BF.RESERVE', 'a', '0.0000001', '1000000000000'],
    ['CF.RESERVE', 'b', '1000000000000'],
    ['CMS.INITBYDIM', 'c', '1000000000', '1000'],
    ['TOPK.RESERVE', 'd', '1000000000', '1000', '1000', '0.9'],
    ['TDIGEST.CREATE', 'e', 'COMPRESSION', '1000000000'],
    ['SETRANGE', 'f', '500000000', 'x'],
    ['SETBIT', 'g', '4294967295', '1'],
    ['TS.CREATE', 'h', 'CHUNK_SIZE', '1073741824'],
  ];
  const said: string[] = [];
  let most = 0;
  for (const [command, ...words] of orders) {
    const { box, learner } = await redis();
    const running = learner
      .call(command, ...words)
      .then(String, (error: Error) => error.message.split(' ')[0]);
    most = Math.max(most, await usedMemory(box, running));
    said.push(`${command} ${await running}`);
    await box.kill();
  }
  const answer = await neighbour.learner.ping().catch((error: Error) => error.message);
  return {
    effect: most > 260 || answer !== 'PONG',
    observed: `${most} MiB; ${said.join(', ')}; its neighbour says ${answer}`,
  };
});

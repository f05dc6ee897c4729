// Fills three boxes, each within its own limit → they have no more than the ceiling of one learner together
import { attack } from '../attack.ts';

export default attack(async ({ box, run }) => {
  const boxes = await Promise.all(
    Array.from({ length: 3 }, () => box('python', { memory: 1024, disk: 1, owner: 'bad0'.repeat(8) })),
  );
  const ends = await Promise.all(boxes.map((one) => run(one, "hoard = b'x' * (820 << 20)", 60_000)));
  const full = ends.filter(({ ended }) => ended === 'done').length;
  return { effect: full === 3, observed: `${full} of 3 boxes were filled with 820 MiB` };
});

import { defineWorkload, must } from '../kit.ts';
import type { Debit } from './solution.ts';

export default defineWorkload<typeof import('./solution.ts')>({
  traffic(random) {
    const cards = Array.from({ length: 6 }, () => ({ name: random.name('carte'), left: 0 }));
    return {
      next() {
        const card = random.pick(cards);
        if (card.left < 1000) return { op: 'credit', args: [card.name, 10_000] };
        return { op: 'debit', args: [card.name, random.integer(1, 900), random.name('p')] };
      },
      verify({ op, args }, reply: Debit | null) {
        const card = cards.find(({ name }) => name === args[0])!;
        if (op === 'credit') {
          card.left += Number(args[1]);
          return;
        }
        card.left -= Number(args[1]);
        must(reply?.state === 'done' && reply.left === card.left, 'wrong-under-load');
      },
    };
  },
});

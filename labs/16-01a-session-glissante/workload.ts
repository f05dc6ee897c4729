import { defineWorkload, must } from '../kit.ts';
import type { Session } from './solution.ts';

const IDLE_MS = 1_800_000;
const LIFETIME_MS = 36_000_000;

export default defineWorkload<typeof import('./solution.ts')>({
  traffic(random) {
    const sessions = Array.from({ length: 12 }, () => ({
      id: random.name('s'),
      user: random.name('u'),
      alive: false,
      cart: new Map<string, number>(),
    }));
    return {
      next() {
        const session = random.pick(sessions);
        if (!session.alive && random.chance(0.5))
          return { op: 'open', args: [session.id, session.user, IDLE_MS, LIFETIME_MS] };
        if (random.chance(0.6)) return { op: 'read', args: [session.id, IDLE_MS] };
        return { op: 'add', args: [session.id, `livre-${random.integer(1, 5)}`, random.integer(1, 3)] };
      },
      verify({ op, args }, reply: Session | number | null) {
        const session = sessions.find(({ id }) => id === args[0])!;
        if (op === 'open') {
          session.alive = true;
          session.cart.clear();
          return;
        }
        if (!session.alive) return must(reply === null, 'wrong-under-load');
        if (op === 'add') {
          const [book, quantity] = [String(args[1]), Number(args[2])];
          session.cart.set(book, (session.cart.get(book) ?? 0) + quantity);
          return must(reply === session.cart.get(book), 'wrong-under-load');
        }
        const found = typeof reply === 'object' ? reply : null;
        must(found?.user === session.user, 'wrong-under-load');
        must(Object.keys(found.cart).length === session.cart.size, 'wrong-under-load');
        for (const [book, quantity] of session.cart) must(found.cart[book] === quantity, 'wrong-under-load');
      },
      async disturb(keys) {
        const session = random.pick(sessions);
        await keys.remove(...(await keys.find(`*${session.id}*`)));
        session.alive = false;
        session.cart.clear();
      },
      async inspect(keys) {
        for (const { id, alive } of sessions) {
          must((await keys.find(`*${id}*`)).length > 0 === alive, 'keys-do-not-tell');
        }
      },
    };
  },
});

import { defineWorkload, must } from '../kit.ts';
import type { Decision } from './solution.ts';

// Un jeton toutes les dix mille secondes : le modèle n'a pas besoin d'horloge.
const PER_SECOND = 0.0001;

export default defineWorkload<typeof import('./solution.ts')>({
  traffic(random) {
    const clients = Array.from({ length: 10 }, () => {
      const capacity = random.integer(8, 20);
      return { name: random.name(), capacity, tokens: capacity, seen: false };
    });
    return {
      next() {
        const { name, capacity } = random.pick(clients);
        return { op: 'take', args: [name, capacity, PER_SECOND, random.integer(1, 3)] };
      },
      verify({ args }, reply: Decision) {
        const client = clients.find(({ name }) => name === args[0])!;
        const cost = Number(args[3]);
        const allowed = client.tokens >= cost;
        client.seen = true;
        if (allowed) client.tokens -= cost;
        must(reply.allowed === allowed, 'wrong-under-load');
        must(Math.abs(reply.tokens - client.tokens) < 0.2, 'wrong-under-load');
        must(allowed ? reply.retryAfterMs === 0 : reply.retryAfterMs > 0, 'wrong-under-load');
      },
      async disturb(keys) {
        const client = random.pick(clients);
        await keys.remove(...(await keys.find(`*${client.name}*`)));
        client.tokens = client.capacity;
        client.seen = false;
      },
      async inspect(keys) {
        for (const { name, seen } of clients) {
          must((await keys.find(`*${name}*`)).length > 0 === seen, 'keys-do-not-tell');
        }
      },
    };
  },
});

import { defineWorkload, must } from '../kit.ts';
import type { Decision } from './solution.ts';

const WINDOW_MS = 600_000;

export default defineWorkload<typeof import('./solution.ts')>({
  traffic(random) {
    const clients = Array.from({ length: 12 }, () => ({
      name: random.name(),
      limit: random.integer(3, 8),
      count: 0,
    }));
    return {
      next: () => {
        const { name, limit } = random.pick(clients);
        return { op: 'allow', args: [name, limit, WINDOW_MS] };
      },
      verify({ args }, reply: Decision) {
        const client = clients.find(({ name }) => name === args[0])!;
        client.count++;
        const allowed = client.count <= client.limit;
        must(reply.allowed === allowed, 'wrong-under-load', { rank: client.count, limit: client.limit });
        must(reply.remaining === Math.max(0, client.limit - client.count), 'wrong-under-load', {
          rank: client.count,
          limit: client.limit,
        });
        must(
          allowed ? reply.retryAfterMs === 0 : reply.retryAfterMs > 0 && reply.retryAfterMs <= WINDOW_MS,
          'wrong-under-load',
          {
            rank: client.count,
            limit: client.limit,
          },
        );
      },
      async disturb(keys) {
        const client = random.pick(clients);
        await keys.remove(...(await keys.find(`*${client.name}*`)));
        client.count = 0;
      },
      async inspect(keys) {
        for (const { name, count } of clients) {
          const found = await keys.find(`*${name}*`);
          must(found.length > 0 === count > 0, 'keys-do-not-tell', { count });
        }
      },
    };
  },
});

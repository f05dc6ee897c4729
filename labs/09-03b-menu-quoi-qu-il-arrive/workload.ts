import { defineWorkload, must } from '../kit.ts';
import type { Shown } from './solution.ts';

const same = (one: Record<string, string> | null, another: Record<string, string> | null) =>
  JSON.stringify(Object.entries(one ?? {}).toSorted()) ===
  JSON.stringify(Object.entries(another ?? {}).toSorted());

export default defineWorkload<typeof import('./solution.ts')>({
  traffic(random) {
    const days = Array.from({ length: 8 }, () => ({
      name: random.name('jour'),
      menu: null as Record<string, string> | null,
    }));
    return {
      next() {
        const day = random.pick(days);
        if (random.chance(0.25)) {
          const menu: Record<string, string> = { plat: random.name('plat') };
          if (random.chance(0.5)) menu.dessert = random.name('dessert');
          return { op: 'publish', args: [day.name, menu] };
        }
        return { op: 'show', args: [day.name] };
      },
      verify({ op, args }, reply: Shown | null) {
        const day = days.find(({ name }) => name === args[0])!;
        if (op === 'publish') day.menu = args[1] as Record<string, string>;
        else must(reply !== null && !reply.stale && same(reply.menu, day.menu), 'wrong-under-load');
      },
    };
  },
});

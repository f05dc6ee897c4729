import { defineWorkload, must } from '../kit.ts';

const TTL_MS = 3_600_000;

export default defineWorkload<typeof import('./solution.ts')>({
  traffic(random) {
    const keys = Array.from({ length: 8 }, () => ({
      key: random.name('palmares'),
      tags: [random.name('ville'), random.name('rayon')],
    }));
    return {
      next() {
        const { key, tags } = random.pick(keys);
        if (random.chance(0.05)) return { op: 'invalidate', args: [[random.pick(tags)]] };
        // Un permis que personne n'a donné : ce qui est rangé sous lui ne vaut rien.
        if (random.chance(0.1))
          return { op: 'write', args: [key, tags, 'sans droit', TTL_MS, 'un faux permis|'] };
        return { op: 'read', args: [key, tags] };
      },
      verify({ op }, reply) {
        if (op !== 'read') return;
        const found: unknown = reply;
        const read = typeof found === 'object' && found !== null ? found : {};
        must('permit' in read && (!('value' in read) || read.value === null), 'wrong-under-load');
      },
    };
  },
});

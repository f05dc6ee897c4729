import { defineWorkload, must } from '../kit.ts';

const LOCK_MS = 600_000;
const TTL_MS = 3_600_000;

export default defineWorkload<typeof import('./solution.ts')>({
  traffic(random) {
    // Quelques résultats sont déjà rangés, d'autres sont en cours de calcul : la plupart des lectures sont des succès.
    const keys = Array.from({ length: 12 }, () => random.name('palmares'));
    const asked = new Set<string>();
    return {
      next() {
        const key = random.pick(keys);
        if (random.chance(0.1)) return { op: 'finish', args: [key, 'un jeton périmé', 'vieux', TTL_MS] };
        return { op: 'begin', args: [key, LOCK_MS] };
      },
      verify({ op, args }, reply) {
        const found: unknown = reply;
        if (op === 'finish') {
          must(found === false, 'wrong-under-load');
          return;
        }
        const action = typeof found === 'object' && found !== null && 'action' in found ? found.action : null;
        const key = String(args[0]);
        must(action === 'wait' || (action === 'compute' && !asked.has(key)), 'wrong-under-load');
        if (action === 'compute') asked.add(key);
      },
    };
  },
});

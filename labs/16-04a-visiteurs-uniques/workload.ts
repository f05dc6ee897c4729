import { defineWorkload } from '../kit.ts';

// Des paquets de cent visites ; les comptes sont vérifiés par check.ts, il n'y a ici que leur prix à mesurer.
export default defineWorkload<typeof import('./solution.ts')>({
  traffic(random) {
    const pages = Array.from({ length: 6 }, () => random.name('page'));
    return {
      next: () => ({
        op: 'visits',
        args: [random.pick(pages), Array.from({ length: 100 }, () => `v:${random.integer(0, 99_999)}`)],
      }),
      verify: () => {},
    };
  },
});

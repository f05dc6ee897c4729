import { defineWorkload, must } from '../kit.ts';

// Le trafic sur lequel on mesure le coût et la latence. Un modèle sait ce que chaque réponse doit être : une réponse
// rapide et fausse ne gagne rien.
export default defineWorkload<typeof import('./solution.ts')>({
  traffic(random) {
    const pages = Array.from({ length: 8 }, () => ({ name: random.name('page'), visits: 0 }));
    return {
      next: () => ({ op: 'visit', args: [random.pick(pages).name] }),
      verify({ args }, reply: number) {
        const page = pages.find(({ name }) => name === args[0])!;
        page.visits++;
        must(reply === page.visits, 'wrong-under-load');
      },
      // De temps en temps, le vérificateur change les clés dans le dos de la réponse, et le dit au modèle.
      async disturb(keys) {
        const page = random.pick(pages);
        await keys.remove(...(await keys.find(`*${page.name}*`)));
        page.visits = 0;
      },
    };
  },
});

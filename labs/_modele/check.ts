import { defineChecker, must } from '../kit.ts';

// Le type des fonctions à appeler est celui de la solution : une faute de frappe se voit dans l'éditeur.
export default defineChecker<typeof import('./solution.ts')>({
  // La forme de chaque réponse. Une réponse d'une autre forme est refusée avant d'arriver ici.
  replies: { visit: 'integer' },
  checks: [
    {
      id: 'counts', // les mutants le nomment
      title: 'Chaque visite est comptée', // l'apprenant le lit
      visibility: 'public',
      axis: 'correctness',
      points: 2,
      async run({ learner, random }) {
        const page = random.name('page');
        for (let rank = 1; rank <= 3; rank++) {
          const found = await learner.visit(page);
          // « Il faut que » : sinon la vérification échoue, avec la phrase de ce code et ces données.
          must(found === rank, 'wrong-count', { rank, found });
        }
      },
    },
    {
      id: 'separate-pages',
      title: 'Chaque page a son compte',
      visibility: 'public',
      axis: 'correctness',
      points: 1,
      after: ['counts'], // si « counts » échoue, celle-ci n'apprend rien : « non vérifié »
      async run({ learner, random }) {
        await learner.visit(random.name('page'));
        const found = await learner.visit(random.name('page'));
        must(found === 1, 'page-counts-another', { found });
      },
    },
    {
      id: 'survives-restart',
      title: 'Le compte survit au redémarrage, et vaut pour tous les processus',
      visibility: 'hidden',
      axis: 'correctness',
      points: 2,
      after: ['separate-pages'],
      async run({ learner, other, random, restart }) {
        const page = random.name('page');
        await learner.visit(page);
        await other.visit(page); // un autre processus, le même Redis
        await restart(); // « learner » est tué et renaît : sa mémoire est perdue
        must((await learner.visit(page)) === 3, 'count-lost-on-restart');
      },
    },
    {
      id: 'race',
      title: 'Deux visites simultanées comptent pour deux',
      visibility: 'hidden',
      axis: 'robustness',
      points: 3,
      after: ['separate-pages'],
      // « first » est retenu après chacune de ses commandes, tour à tour, pendant que « meanwhile » agit :
      // tous les ordres sont essayés, à chaque fois. La propriété doit tenir dans chacun.
      run: ({ learner, other, random, race }) =>
        race({
          arrange: async () => random.name('page'),
          first: (page) => learner.visit(page),
          meanwhile: (page) => other.visit(page),
          property: (_page, one, another) => must(one + another === 3, 'visit-lost'),
        }),
    },
  ],
});

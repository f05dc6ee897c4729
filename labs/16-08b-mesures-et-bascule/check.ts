import { defineChecker, must } from '../kit.ts';

// Ce que la réponse peut prendre en plus de ses 15 s : la machine n'est pas toujours à elle.
const ANSWER_MS = 25_000;

export default defineChecker<typeof import('./solution.ts')>({
  replies: { ingest: { stored: 'boolean' }, read: [{ at: 'integer', value: 'number' }] },
  checks: [
    {
      id: 'stores',
      title: 'Les mesures rangées se relisent, dans l’ordre du temps',
      visibility: 'public',
      axis: 'correctness',
      points: 2,
      async run({ learner, random }) {
        const sensor = random.name('capteur');
        const start = random.integer(1_000, 1_000_000);
        const samples = [2, 0, 1].map((step) => ({ at: start + step, value: random.integer(-40, 60) }));
        for (const { at, value } of samples)
          must((await learner.ingest(sensor, at, value)).stored, 'not-stored');
        const read = await learner.read(sensor);
        const expected = samples.toSorted((a, b) => a.at - b.at);
        const same = expected.every(
          ({ at, value }, place) => read[place]?.at === at && read[place]?.value === value,
        );
        must(same && read.length === 3, 'wrong-samples', { count: 3, found: read.length });
      },
    },
    {
      id: 'same-twice',
      title: 'La même mesure, envoyée deux fois, est rangée une fois',
      visibility: 'public',
      axis: 'correctness',
      points: 1,
      after: ['stores'],
      async run({ learner, other, random, restart }) {
        const sensor = random.name('capteur');
        for (let sending = 0; sending < 2; sending++) await learner.ingest(sensor, 1000, 21);
        must((await other.read(sensor)).length <= 1, 'measure-twice');
        await restart();
        must((await learner.read(sensor)).length === 1, 'state-lost');
      },
    },
    {
      id: 'failover',
      title: 'Le primaire meurt : la mesure en cours arrive au suivant',
      visibility: 'hidden',
      axis: 'robustness',
      points: 3,
      after: ['same-twice'],
      async run({ learner, random, nodes, wait }) {
        const sensor = random.name('capteur');
        must((await learner.ingest(sensor, 1000, 1)).stored, 'not-stored');
        const former = await nodes.primary();
        await nodes.kill(former);
        // Le temps que la réponse voie sa connexion coupée.
        await wait(50);
        const pending = learner.ingest(sensor, 2000, 2).catch(() => null);
        const answer = await Promise.race([pending, wait(ANSWER_MS)]);
        await nodes.successor(former);
        must(answer !== undefined, 'answers-too-late');
        must(answer?.stored === true, 'gave-up');
        const read = await learner.read(sensor);
        must(
          read.some(({ at }) => at === 1000),
          'older-lost',
        );
        must(read.filter(({ at }) => at === 2000).length === 1, 'confirmed-lost');
      },
    },
    {
      id: 'hung',
      title: 'Le primaire se fige : la mesure arrive au suivant',
      visibility: 'hidden',
      axis: 'robustness',
      points: 3,
      after: ['failover'],
      async run({ learner, random, nodes, wait }) {
        const sensor = random.name('capteur');
        must((await learner.ingest(sensor, 1000, 1)).stored, 'not-stored');
        await nodes.hang(await nodes.primary());
        const pending = learner.ingest(sensor, 2000, 2).catch(() => ({ stored: false }));
        const answer = await Promise.race([pending, wait(ANSWER_MS)]);
        must(answer !== undefined, 'answers-too-late');
        must(answer.stored, 'gave-up-on-hung');
      },
    },
    {
      id: 'no-replica',
      title: 'Sans réplica, rien n’est confirmé',
      visibility: 'hidden',
      axis: 'robustness',
      points: 2,
      after: ['same-twice'],
      async run({ learner, random, nodes }) {
        const sensor = random.name('capteur');
        await learner.ingest(sensor, 1000, 1);
        for (const { port, role } of await nodes.list()) if (role === 'replica') await nodes.kill(port);
        must(!(await learner.ingest(sensor, 2000, 2)).stored, 'confirmed-alone');
      },
    },
  ],
});

import { defineChecker, must, type Powers } from '../kit.ts';

type Answer = typeof import('./solution.ts');

// Ce que la réponse peut prendre en plus de ses 1,5 s : la machine n'est pas toujours à elle.
const ANSWER_MS = 4000;
const RECOVERY_MS = 8000;

/** Range une mesure pendant qu'un défaut frappe la première commande, et dit combien de fois elle s'y trouve. */
async function ingestOnce({ learner, random, faults }: Powers<Answer>, strike: () => Promise<void>) {
  const sensor = random.name('capteur');
  const at = random.integer(1_000, 1_000_000);
  await learner.ingest(sensor, at - 1, 0);
  await strike();
  const { stored } = await learner.ingest(sensor, at, 7);
  await faults.heal();
  const times = (await learner.read(sensor)).filter((sample) => sample.at === at).length;
  return { stored, times };
}

export default defineChecker<Answer>({
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
        const samples = [0, 1, 2, 3].map((step) => ({
          at: start + step * 1000,
          value: random.integer(-40, 60),
        }));
        for (const { at, value } of samples) {
          const { stored } = await learner.ingest(sensor, at, value);
          must(stored, 'not-stored');
        }
        const read = await learner.read(sensor);
        const same = samples.every(
          ({ at, value }, place) => read[place]?.at === at && read[place]?.value === value,
        );
        must(same && read.length === samples.length, 'wrong-samples', {
          count: samples.length,
          found: read.length,
        });
      },
    },
    {
      id: 'same-twice',
      title: 'La même mesure, envoyée deux fois, est rangée une fois',
      visibility: 'public',
      axis: 'correctness',
      points: 2,
      after: ['stores'],
      async run({ learner, random }) {
        const sensor = random.name('capteur');
        const at = random.integer(1_000, 1_000_000);
        for (let sending = 0; sending < 2; sending++) {
          must((await learner.ingest(sensor, at, 21)).stored, 'not-stored');
        }
        must((await learner.read(sensor)).length === 1, 'measure-twice');
      },
    },
    {
      id: 'survives-restart',
      title: 'Les mesures survivent au redémarrage',
      visibility: 'hidden',
      axis: 'correctness',
      points: 1,
      after: ['stores'],
      async run({ learner, other, random, restart }) {
        const sensor = random.name('capteur');
        await learner.ingest(sensor, 1000, 1);
        await restart();
        must((await learner.read(sensor)).length === 1, 'state-lost');
        must((await other.read(sensor)).length === 1, 'state-lost');
      },
    },
    {
      id: 'cut-before',
      title: 'La connexion est coupée avant que Redis ait la commande',
      visibility: 'hidden',
      axis: 'robustness',
      points: 2,
      after: ['same-twice', 'survives-restart'],
      async run(powers) {
        const { stored, times } = await ingestOnce(powers, () => powers.faults.cutBefore(1));
        must(stored, 'gave-up');
        must(times === 1, times === 0 ? 'measure-lost' : 'duplicated-by-retry');
      },
    },
    {
      id: 'cut-after',
      title: 'La connexion est coupée après que Redis a exécuté la commande',
      visibility: 'hidden',
      axis: 'robustness',
      points: 3,
      after: ['same-twice', 'survives-restart'],
      async run(powers) {
        for (const strike of [powers.faults.cutAfter, powers.faults.halfReply]) {
          const { stored, times } = await ingestOnce(powers, () => strike(1));
          must(times <= 1, 'duplicated-by-retry');
          must(stored, 'gave-up');
          must(times === 1, 'measure-lost');
        }
      },
    },
    {
      id: 'outage',
      title: 'Redis est injoignable : la réponse vient quand même',
      visibility: 'hidden',
      axis: 'robustness',
      points: 3,
      after: ['same-twice', 'survives-restart'],
      async run({ learner, random, faults, now, wait }) {
        const sensor = random.name('capteur');
        await learner.ingest(sensor, 1000, 1);
        await faults.refuse();
        const pending = learner.ingest(sensor, 2000, 2);
        pending.catch(() => null);
        const answer = await Promise.race([pending, wait(ANSWER_MS)]);
        must(answer !== undefined, 'answers-too-late');
        must(!answer.stored, 'says-stored');
        await faults.heal();
        const back = now();
        while (!(await learner.ingest(sensor, 3000, 3)).stored) {
          must(now() - back < RECOVERY_MS, 'does-not-recover');
        }
      },
    },
    {
      id: 'loading',
      title: 'Redis charge ses données un instant : patience, sans tempête',
      visibility: 'hidden',
      axis: 'robustness',
      points: 2,
      after: ['same-twice', 'survives-restart'],
      async run({ learner, random, faults, wait, measure }) {
        const sensor = random.name('capteur');
        await learner.ingest(sensor, 1000, 1);
        await faults.answer('LOADING');
        const seen = await measure(async () => {
          const pending = learner.ingest(sensor, 2000, 2);
          await Promise.race([pending.catch(() => null), wait(350)]);
          await faults.heal();
          must((await pending).stored, 'no-patience');
        });
        must(seen.commands <= 25, 'retry-storm');
      },
    },
  ],
});

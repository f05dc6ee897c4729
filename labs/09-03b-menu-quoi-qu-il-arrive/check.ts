import { defineChecker, must, type Powers } from '../kit.ts';
import type { Shown } from './solution.ts';

type Answer = typeof import('./solution.ts');
type Menu = Record<string, string>;

// Ce que la réponse peut prendre en plus de ses 500 ms : la machine n'est pas toujours à elle.
const ANSWER_MS = 4000;
const RECOVERY_MS = 8000;

const same = (one: Menu | null, another: Menu | null) =>
  one === another ||
  (one !== null &&
    another !== null &&
    JSON.stringify(Object.entries(one).toSorted()) === JSON.stringify(Object.entries(another).toSorted()));

const gratin: Menu = { plat: 'Gratin de courge', dessert: 'Poire au sirop' };

/** Un jour publié et déjà lu, donc dont une copie existe. */
async function known({ learner, random }: Powers<Answer>): Promise<string> {
  const day = random.name('jour');
  await learner.publish(day, gratin);
  await learner.show(day);
  return day;
}

/** Ce que l'écran montre, ou une faute s'il n'a rien montré à temps. */
async function inTime({ learner, wait }: Powers<Answer>, day: string): Promise<Shown> {
  const pending = learner.show(day);
  pending.catch(() => null);
  const shown = await Promise.race([pending, wait(ANSWER_MS)]);
  must(shown !== undefined, 'answers-too-late');
  return shown;
}

/** Attend que l'écran lise de nouveau Redis. */
async function recovered({ learner, now, wait }: Powers<Answer>, day: string): Promise<Shown> {
  for (const back = now(); ; await wait(50)) {
    const shown = await learner.show(day);
    if (!shown.stale) return shown;
    must(now() - back < RECOVERY_MS, 'does-not-recover');
  }
}

/** Des écrans qui affichent tous au même instant, encore et encore, pendant `ms`. */
async function screens({ learner, now, wait }: Powers<Answer>, day: string, count: number, ms: number) {
  const start = now();
  while (now() - start < ms) {
    await Promise.all(Array.from({ length: count }, () => learner.show(day)));
    await wait(10);
  }
}

export default defineChecker<Answer>({
  replies: { publish: 'nothing', show: { menu: 'anything', stale: 'boolean' } },
  checks: [
    {
      id: 'shows',
      title: 'Le menu publié s’affiche, un jour sans menu n’en a pas',
      visibility: 'public',
      axis: 'correctness',
      points: 2,
      async run({ learner, random }) {
        const day = random.name('jour');
        await learner.publish(day, gratin);
        const shown = await learner.show(day);
        must(!shown.stale, 'stale-when-calm');
        must(same(shown.menu, gratin), 'wrong-menu');
        const empty = await learner.show(random.name('jour'));
        must(empty.menu === null && !empty.stale, 'menu-from-nowhere');
      },
    },
    {
      id: 'replaces',
      title: 'Publier remplace le menu tout entier',
      visibility: 'public',
      axis: 'correctness',
      points: 2,
      after: ['shows'],
      async run({ learner, random }) {
        const day = random.name('jour');
        await learner.publish(day, gratin);
        await learner.publish(day, { plat: 'Risotto' });
        must(same((await learner.show(day)).menu, { plat: 'Risotto' }), 'mixed-menu');
      },
    },
    {
      id: 'fresh',
      title: 'Au calme, l’écran montre ce que Redis contient, tout de suite',
      visibility: 'hidden',
      axis: 'correctness',
      points: 3,
      after: ['replaces'],
      async run(powers) {
        const { learner, other, restart, keys } = powers;
        const day = await known(powers);
        await other.publish(day, { plat: 'Risotto' });
        must(same((await learner.show(day)).menu, { plat: 'Risotto' }), 'old-menu-when-calm');
        await restart();
        must(same((await recovered(powers, day)).menu, { plat: 'Risotto' }), 'state-lost');
        await keys.remove(...(await keys.find(`*${day}*`)));
        const shown = await learner.show(day);
        must(shown.menu === null && !shown.stale, 'copy-for-absence');
      },
    },
    {
      id: 'whole',
      title: 'Un menu se voit en entier, l’ancien ou le nouveau',
      visibility: 'hidden',
      axis: 'robustness',
      points: 2,
      after: ['replaces'],
      run: ({ learner, other, random, race }) =>
        race({
          async arrange() {
            const day = random.name('jour');
            await learner.publish(day, gratin);
            return day;
          },
          first: (day) => learner.publish(day, { plat: 'Risotto', entrée: 'Soupe' }),
          meanwhile: (day) => other.show(day),
          property: (_day, _published, { menu }) =>
            must(same(menu, gratin) || same(menu, { plat: 'Risotto', entrée: 'Soupe' }), 'half-menu'),
        }),
    },
    {
      id: 'outage',
      title: 'Redis est injoignable : la dernière copie, présentée comme telle',
      visibility: 'hidden',
      axis: 'robustness',
      points: 4,
      after: ['fresh'],
      async run(powers) {
        const { random, faults } = powers;
        const day = await known(powers);
        await faults.refuse();
        const shown = await inTime(powers, day);
        must(same(shown.menu, gratin), 'no-copy');
        must(shown.stale, 'lies-fresh');
        const unknown = await inTime(powers, random.name('jour'));
        must(unknown.menu === null && unknown.stale, 'invented-menu');
        await faults.heal();
        await recovered(powers, day);
      },
    },
    {
      id: 'silence',
      title: 'Redis ne répond plus : l’écran n’attend pas sans fin',
      visibility: 'hidden',
      axis: 'robustness',
      points: 2,
      after: ['fresh'],
      async run(powers) {
        const day = await known(powers);
        await powers.faults.stall();
        const shown = await inTime(powers, day);
        must(same(shown.menu, gratin), 'no-copy');
        must(shown.stale, 'lies-fresh');
        await powers.faults.heal();
        await recovered(powers, day);
      },
    },
    {
      id: 'breaker',
      title: 'Redis demande du repos : deux essais par seconde, pas davantage',
      visibility: 'hidden',
      axis: 'robustness',
      points: 4,
      after: ['fresh'],
      async run(powers) {
        const { faults, measure } = powers;
        const day = await known(powers);
        await faults.answer('LOADING');
        await screens(powers, day, 10, 500); // de quoi comprendre
        const seen = await measure(() => screens(powers, day, 10, 3000));
        await faults.heal();
        must(seen.commands <= 60, 'harasses');
        must(seen.commands <= 14, 'herd');
        const shown = await recovered(powers, day);
        must(same(shown.menu, gratin), 'wrong-menu');
      },
    },
    {
      id: 'refusals',
      title: 'Une écriture refusée ne prive personne de lecture',
      visibility: 'hidden',
      axis: 'robustness',
      points: 3,
      after: ['fresh'],
      async run(powers) {
        const { learner, faults } = powers;
        const day = await known(powers);
        await faults.answer('OOM');
        for (let n = 0; n < 12; n++) {
          const published = await learner.publish(day, { plat: 'Risotto' }).then(
            () => true,
            () => false,
          );
          must(!published, 'says-published');
        }
        const shown = await learner.show(day);
        await faults.heal();
        must(!shown.stale, 'deaf-after-refusal');
      },
    },
    {
      id: 'publish-fails',
      title: 'Publier sans Redis échoue, et n’arrive pas plus tard',
      visibility: 'hidden',
      axis: 'robustness',
      points: 3,
      after: ['fresh'],
      async run(powers) {
        const { learner, faults, wait } = powers;
        const day = await known(powers);
        await faults.refuse();
        const pending = learner.publish(day, { plat: 'Risotto' }).then(
          () => 'published',
          () => 'failed',
        );
        const outcome = await Promise.race([pending, wait(ANSWER_MS)]);
        must(outcome !== undefined, 'answers-too-late');
        must(outcome === 'failed', 'says-published');
        await faults.heal();
        await recovered(powers, day);
        await wait(500);
        must(same((await recovered(powers, day)).menu, gratin), 'ghost-menu');
      },
    },
  ],
});

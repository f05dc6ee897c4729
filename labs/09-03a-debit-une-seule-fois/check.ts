import { defineChecker, must, type Powers } from '../kit.ts';
import type { Debit } from './solution.ts';

type Answer = typeof import('./solution.ts');

// Ce que la réponse peut prendre en plus de ses 1,5 s : la machine n'est pas toujours à elle.
const ANSWER_MS = 4000;
const RECOVERY_MS = 8000;
const MEAL = 450;

/** Une carte neuve, créditée, dont le processus a déjà parlé à Redis. */
async function card({ learner, random, now, wait }: Powers<Answer>, cents = 5000): Promise<string> {
  for (const start = now(); ; await wait(50)) {
    const name = random.name('carte');
    try {
      await learner.credit(name, cents);
      return name;
    } catch (error) {
      // Une panne vient de finir : le client peut n'être pas encore revenu.
      if (now() - start > RECOVERY_MS) throw error;
    }
  }
}

/** Le solde, une fois le client revenu ; aucune de nos cartes n'est jamais tout à fait vide. */
async function remaining({ learner, now, wait }: Powers<Answer>, name: string): Promise<number> {
  for (const start = now(); ; await wait(50)) {
    const found = await learner.balance(name).catch(() => 0);
    if (found !== 0 || now() - start > RECOVERY_MS) return found;
  }
}

/** Débite pendant qu'un défaut frappe la première commande, et dit ce qu'il reste. */
async function struck(powers: Powers<Answer>, strike: () => Promise<void>) {
  const { learner, random, faults } = powers;
  const name = await card(powers);
  await strike();
  const debit = await learner.debit(name, MEAL, random.name('p'));
  await faults.heal();
  return { debit, left: await remaining(powers, name) };
}

/** La réponse, ou rien si elle n'est pas venue à temps. */
async function inTime({ wait }: Powers<Answer>, pending: Promise<Debit>) {
  pending.catch(() => null);
  const debit = await Promise.race([pending, wait(ANSWER_MS)]);
  must(debit !== undefined, 'answers-too-late');
  return debit;
}

export default defineChecker<Answer>({
  replies: {
    credit: 'nothing',
    balance: 'integer',
    debit: { state: 'text', left: { optional: 'integer' } },
  },
  checks: [
    {
      id: 'debits',
      title: 'Un repas se débite, et le solde le dit',
      visibility: 'public',
      axis: 'correctness',
      points: 2,
      async run(powers) {
        const { learner, random } = powers;
        const name = await card(powers);
        for (const expected of [5000 - MEAL, 5000 - 2 * MEAL]) {
          const { state, left } = await learner.debit(name, MEAL, random.name('p'));
          must(state === 'done' && left === expected, 'wrong-debit', {
            state,
            left: left ?? 'null',
            expected,
          });
        }
        must((await learner.balance(name)) === 5000 - 2 * MEAL, 'wrong-balance');
      },
    },
    {
      id: 'short',
      title: 'Une carte trop pauvre n’est pas débitée',
      visibility: 'public',
      axis: 'correctness',
      points: 1,
      after: ['debits'],
      async run(powers) {
        const { learner, random } = powers;
        const name = await card(powers, MEAL - 1);
        const { state, left } = await learner.debit(name, MEAL, random.name('p'));
        must(state === 'short' && left === MEAL - 1, 'not-short', { state });
        must((await learner.balance(name)) === MEAL - 1, 'wrong-balance');
      },
    },
    {
      id: 'same-twice',
      title: 'Le même passage, envoyé deux fois, ne débite qu’une fois',
      visibility: 'public',
      axis: 'correctness',
      points: 2,
      after: ['debits'],
      async run(powers) {
        const { learner, random } = powers;
        const [name, passage] = [await card(powers), random.name('p')];
        for (let sending = 0; sending < 2; sending++) await learner.debit(name, MEAL, passage);
        must((await learner.balance(name)) === 5000 - MEAL, 'debited-twice');
      },
    },
    {
      id: 'same-answer',
      title: 'Rejouer un passage rend sa première réponse',
      visibility: 'hidden',
      axis: 'correctness',
      points: 2,
      after: ['same-twice'],
      async run(powers) {
        const { learner, random } = powers;
        const [name, passage] = [await card(powers, 3 * MEAL), random.name('p')];
        await learner.debit(name, MEAL, passage);
        await learner.debit(name, 2 * MEAL, random.name('p')); // la carte est vide
        const { state, left } = await learner.debit(name, MEAL, passage);
        must(state === 'done' && left === 2 * MEAL, 'another-answer');
      },
    },
    {
      id: 'state-in-redis',
      title: 'Le passage est connu de toutes les caisses, même après un redémarrage',
      visibility: 'hidden',
      axis: 'correctness',
      points: 2,
      after: ['same-twice'],
      async run(powers) {
        const { learner, other, random, restart } = powers;
        const [name, passage] = [await card(powers), random.name('p')];
        await learner.debit(name, MEAL, passage);
        await other.debit(name, MEAL, passage);
        await restart();
        await learner.debit(name, MEAL, passage);
        must((await remaining(powers, name)) === 5000 - MEAL, 'state-lost');
      },
    },
    {
      id: 'trace-expires',
      title: 'La trace d’un passage s’efface, le solde non',
      visibility: 'hidden',
      axis: 'correctness',
      points: 1,
      after: ['same-twice'],
      async run(powers) {
        const { learner, keys, random } = powers;
        const name = await card(powers);
        const before = new Set(await keys.find());
        await learner.debit(name, MEAL, random.name('p'));
        for (const key of await keys.find()) {
          const ttl = (await keys.look(key))?.ttlMs ?? -1;
          if (before.has(key)) must(!key.includes(name) || ttl === -1, 'balance-expires');
          else must(ttl > 600_000 && ttl <= 172_800_000, 'eternal-trace');
        }
      },
    },
    {
      id: 'two-tills',
      title: 'Deux caisses débitent la même carte au même instant',
      visibility: 'hidden',
      axis: 'robustness',
      points: 3,
      after: ['state-in-redis'],
      async run(powers) {
        const { learner, other, random, race } = powers;
        for (const same of [true, false]) {
          await race({
            arrange: async () => ({ name: await card(powers), passage: random.name('p') }),
            first: ({ name, passage }) => learner.debit(name, MEAL, passage),
            meanwhile: ({ name, passage }) => other.debit(name, MEAL, same ? passage : `${passage}-bis`),
            async property({ name }, one, another) {
              must(one.state === 'done' && another.state === 'done', 'refused-by-race');
              const remains = await remaining(powers, name);
              must(remains <= 5000 - (same ? 1 : 2) * MEAL, same ? 'debited-never' : 'debit-lost');
              must(remains >= 5000 - (same ? 1 : 2) * MEAL, 'debited-twice-by-race');
            },
          });
        }
      },
    },
    {
      id: 'killed-between',
      title: 'La caisse meurt entre deux commandes, puis redonne le passage',
      visibility: 'hidden',
      axis: 'robustness',
      points: 3,
      after: ['state-in-redis'],
      async run(powers) {
        const { learner, random, race, restart } = powers;
        await race({
          arrange: async () => ({ name: await card(powers), passage: random.name('p') }),
          first: ({ name, passage }) => learner.debit(name, MEAL, passage).catch(() => null),
          meanwhile: () => restart(),
          event: 'la caisse meurt',
          async property({ name, passage }) {
            await learner.debit(name, MEAL, passage);
            const remains = await remaining(powers, name);
            must(remains <= 5000 - MEAL, 'debited-never');
            must(remains >= 5000 - MEAL, 'debited-twice-by-death');
          },
        });
      },
    },
    {
      id: 'cut-before',
      title: 'La connexion est coupée avant que Redis ait la commande',
      visibility: 'hidden',
      axis: 'robustness',
      points: 2,
      after: ['state-in-redis'],
      async run(powers) {
        const { debit, left: remains } = await struck(powers, () => powers.faults.cutBefore(1));
        must(debit.state === 'done', 'gave-up');
        must(
          remains === 5000 - MEAL && debit.left === remains,
          remains < 5000 - MEAL ? 'doubled-by-retry' : 'debited-never',
        );
      },
    },
    {
      id: 'cut-after',
      title: 'La connexion est coupée après que Redis a exécuté la commande',
      visibility: 'hidden',
      axis: 'robustness',
      points: 3,
      after: ['state-in-redis'],
      async run(powers) {
        for (const strike of [powers.faults.cutAfter, powers.faults.halfReply]) {
          const { debit, left: remains } = await struck(powers, () => strike(1));
          must(remains >= 5000 - MEAL, 'doubled-by-retry');
          must(debit.state === 'done', 'gave-up');
          must(remains === 5000 - MEAL && debit.left === remains, 'debited-never');
        }
      },
    },
    {
      id: 'outage',
      title: 'Redis est injoignable : la caisse répond quand même, et rien ne part plus tard',
      visibility: 'hidden',
      axis: 'robustness',
      points: 4,
      after: ['state-in-redis'],
      async run(powers) {
        const { learner, random, faults, now, wait } = powers;
        const [name, passage] = [await card(powers), random.name('p')];
        await faults.refuse();
        const debit = await inTime(powers, learner.debit(name, MEAL, passage));
        must(debit.state === 'failed', 'says-done');
        await faults.heal();
        await wait(1500);
        must((await remaining(powers, name)) === 5000, 'ghost-debit');
        const back = now();
        while ((await learner.debit(name, MEAL, passage)).state !== 'done') {
          must(now() - back < RECOVERY_MS, 'does-not-recover');
        }
        must((await remaining(powers, name)) === 5000 - MEAL, 'doubled-by-retry');
      },
    },
    {
      id: 'silence',
      title: 'Redis ne répond plus : la caisse n’attend pas sans fin',
      visibility: 'hidden',
      axis: 'robustness',
      points: 2,
      after: ['state-in-redis'],
      async run(powers) {
        const { learner, random, faults } = powers;
        const name = await card(powers);
        await faults.stall();
        const debit = await inTime(powers, learner.debit(name, MEAL, random.name('p')));
        must(debit.state === 'failed', 'says-done');
        await faults.heal();
      },
    },
    {
      id: 'full',
      title: 'Redis est plein : inutile d’insister',
      visibility: 'hidden',
      axis: 'robustness',
      points: 2,
      after: ['state-in-redis'],
      async run(powers) {
        const { learner, random, faults, measure } = powers;
        const name = await card(powers);
        await faults.answer('OOM');
        const seen = await measure(async () => {
          const debit = await inTime(powers, learner.debit(name, MEAL, random.name('p')));
          must(debit.state === 'failed', 'says-done');
        });
        await faults.heal();
        must(seen.commands <= 8, 'insists');
      },
    },
    {
      id: 'loading',
      title: 'Redis charge ses données un instant : patience, sans tempête',
      visibility: 'hidden',
      axis: 'robustness',
      points: 2,
      after: ['state-in-redis'],
      async run(powers) {
        const { learner, random, faults, wait, measure } = powers;
        const name = await card(powers);
        await faults.answer('LOADING');
        const seen = await measure(async () => {
          const pending = learner.debit(name, MEAL, random.name('p'));
          await Promise.race([pending.catch(() => null), wait(600)]);
          await faults.heal();
          must((await pending).state === 'done', 'no-patience');
        });
        must(seen.roundTrips <= 16, 'retry-storm');
      },
    },
  ],
});

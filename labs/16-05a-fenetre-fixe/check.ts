import { defineChecker, must } from '../kit.ts';

// Ce que la machine peut ajouter entre l'horloge de Redis et la nôtre, en millisecondes.
const SLACK = 2;
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

export default defineChecker<typeof import('./solution.ts')>({
  replies: { allow: { allowed: 'boolean', remaining: 'integer', retryAfterMs: 'number' } },
  checks: [
    {
      id: 'first-requests',
      title: 'Les premières requêtes passent, jusqu’à la limite et pas au-delà',
      visibility: 'public',
      axis: 'correctness',
      points: 2,
      async run({ learner, random }) {
        const client = random.name();
        const limit = random.integer(3, 6);
        for (let rank = 1; rank <= limit + 2; rank++) {
          const { allowed, remaining } = await learner.allow(client, limit, HOUR);
          if (rank <= limit) must(allowed, 'refused-too-early', { rank, limit });
          else must(!allowed, 'allowed-past-limit', { rank, limit });
          const expected = Math.max(0, limit - rank);
          must(remaining === expected, 'wrong-remaining', { rank, limit, expected, found: remaining });
        }
      },
    },
    {
      id: 'retry-after',
      title: 'Un refus dit combien de temps attendre',
      visibility: 'public',
      axis: 'correctness',
      points: 2,
      after: ['first-requests'],
      async run({ learner, random, now, wait }) {
        for (const windowMs of [
          random.integer(20 * MINUTE, 40 * MINUTE),
          random.integer(50 * MINUTE, 90 * MINUTE),
        ]) {
          const client = random.name();
          const openedAfter = now();
          const first = await learner.allow(client, 1, windowMs);
          const openedBefore = now();
          must(first.retryAfterMs === 0, 'retry-after-when-allowed', { found: first.retryAfterMs });
          await wait(random.integer(5, 20));
          const askedAfter = now();
          const { retryAfterMs } = await learner.allow(client, 1, windowMs);
          const least = Math.floor(windowMs - (now() - openedAfter)) - SLACK;
          const most = Math.ceil(windowMs - (askedAfter - openedBefore)) + SLACK;
          must(retryAfterMs >= least && retryAfterMs <= most, 'wrong-retry-after', {
            windowMs,
            least,
            most,
            found: retryAfterMs,
          });
        }
      },
    },
    {
      id: 'separate-clients',
      title: 'Chaque client a son propre compteur',
      visibility: 'public',
      axis: 'correctness',
      points: 1,
      after: ['first-requests'],
      async run({ learner, random }) {
        const [busy, quiet] = [random.name(), random.name()];
        await learner.allow(busy, 1, HOUR);
        await learner.allow(busy, 1, HOUR);
        const { allowed } = await learner.allow(quiet, 1, HOUR);
        must(allowed, 'client-pays-for-another');
      },
    },
    {
      id: 'window-ends',
      title: 'La fenêtre finie, le client est de nouveau accepté',
      visibility: 'public',
      axis: 'correctness',
      points: 2,
      after: ['first-requests', 'retry-after'],
      run: ({ learner, random, within, wait }) =>
        within(120, async (windowMs) => {
          const client = random.name();
          await learner.allow(client, 1, windowMs);
          const refused = await learner.allow(client, 1, windowMs);
          must(!refused.allowed, 'allowed-past-limit', { rank: 2, limit: 1 });
          return { client, windowMs };
        }).then(async ({ client, windowMs }) => {
          await wait(windowMs);
          const { allowed } = await learner.allow(client, 1, windowMs);
          must(allowed, 'window-never-ends', { windowMs });
        }),
    },
    {
      id: 'window-fixed',
      title: 'Une requête de plus ne prolonge pas la fenêtre',
      visibility: 'hidden',
      axis: 'correctness',
      points: 2,
      after: ['separate-clients'],
      async run({ learner, keys, random, now, wait }) {
        const client = random.name();
        const windowMs = random.integer(30 * MINUTE, HOUR);
        await learner.allow(client, 2, windowMs);
        const opened = now();
        // Une requête acceptée, puis une refusée : ni l'une ni l'autre ne doit repousser la fin.
        for (let request = 0; request < 2; request++) {
          await wait(random.integer(15, 30));
          await learner.allow(client, 2, windowMs);
        }
        for (const key of await keys.find(`*${client}*`)) {
          const most = Math.ceil(windowMs - (now() - opened)) + SLACK;
          const ttlMs = (await keys.look(key))?.ttlMs ?? 0;
          must(ttlMs <= most, 'window-extended', { windowMs, most, found: ttlMs });
        }
      },
    },
    {
      id: 'no-trace-left',
      title: 'Rien ne reste dans Redis après la fenêtre',
      visibility: 'hidden',
      axis: 'correctness',
      points: 1,
      after: ['separate-clients'],
      async run({ learner, keys, random }) {
        const client = random.name();
        const before = new Set(await keys.find());
        const windowMs = random.integer(30 * MINUTE, HOUR);
        for (let request = 0; request < 3; request++) await learner.allow(client, 1, windowMs);
        must((await keys.find(`*${client}*`)).length > 0, 'no-key-for-client');
        for (const key of await keys.find()) {
          if (before.has(key)) continue;
          const ttlMs = (await keys.look(key))?.ttlMs ?? 0;
          must(ttlMs !== -1, 'eternal-key');
          must(ttlMs <= windowMs, 'key-outlives-window', { windowMs, found: ttlMs });
        }
      },
    },
    {
      id: 'state-in-redis',
      title: 'Le compte survit au redémarrage et vaut pour toutes les passerelles',
      visibility: 'hidden',
      axis: 'correctness',
      points: 2,
      after: ['separate-clients'],
      async run({ learner, other, keys, random, restart }) {
        const client = random.name();
        await learner.allow(client, 3, HOUR);
        await other.allow(client, 3, HOUR);
        await restart();
        const third = await learner.allow(client, 3, HOUR);
        must(third.allowed && third.remaining === 0, 'state-lost-on-restart', { found: third.remaining });
        await learner.allow(client, 3, HOUR);
        await keys.remove(...(await keys.find(`*${client}*`)));
        const anew = await learner.allow(client, 3, HOUR);
        must(anew.remaining === 2, 'state-outside-redis', { found: anew.remaining });
      },
    },
    {
      id: 'race',
      title: 'Deux passerelles ne laissent jamais passer une requête de trop',
      visibility: 'hidden',
      axis: 'robustness',
      points: 3,
      after: ['separate-clients'],
      run: ({ learner, other, random, race }) =>
        race({
          arrange: async () => random.name(),
          first: (client) => learner.allow(client, 1, HOUR),
          meanwhile: (client) => other.allow(client, 1, HOUR),
          property(_client, one, another) {
            must(!(one.allowed && another.allowed), 'both-allowed');
            must(one.allowed || another.allowed, 'none-allowed');
          },
        }),
    },
    {
      id: 'window-ends-between',
      title: 'La fenêtre peut finir entre deux commandes',
      visibility: 'hidden',
      axis: 'robustness',
      points: 2,
      after: ['no-trace-left'],
      run: ({ learner, keys, random, race }) =>
        race({
          async arrange() {
            const client = random.name();
            await learner.allow(client, 2, HOUR);
            return client;
          },
          first: (client) => learner.allow(client, 2, HOUR),
          meanwhile: async (client) => keys.remove(...(await keys.find(`*${client}*`))),
          event: 'la clé expire',
          async property(client) {
            for (const key of await keys.find(`*${client}*`)) {
              must((await keys.look(key))?.ttlMs !== -1, 'eternal-key-after-expiry');
            }
          },
        }),
    },
    {
      id: 'killed-between',
      title: 'Une passerelle peut mourir entre deux commandes',
      visibility: 'hidden',
      axis: 'robustness',
      points: 2,
      after: ['no-trace-left'],
      run: ({ learner, keys, random, race, restart }) =>
        race({
          arrange: async () => random.name(),
          first: (client) => learner.allow(client, 2, HOUR).catch(() => null),
          meanwhile: () => restart(),
          event: 'la passerelle meurt',
          async property(client) {
            for (const key of await keys.find(`*${client}*`)) {
              must((await keys.look(key))?.ttlMs !== -1, 'eternal-key-after-death');
            }
          },
        }),
    },
    {
      id: 'burst',
      title: 'Une rafale de requêtes simultanées ne dépasse pas la limite',
      visibility: 'hidden',
      axis: 'robustness',
      points: 2,
      after: ['separate-clients'],
      async run({ learner, other, random }) {
        const client = random.name();
        const limit = random.integer(5, 9);
        const decisions = await Promise.all(
          Array.from({ length: 20 }, (_, rank) => (rank % 2 ? other : learner).allow(client, limit, HOUR)),
        );
        const found = decisions.filter(({ allowed }) => allowed).length;
        must(found === limit, 'burst-miscounted', { limit, found });
      },
    },
  ],
});

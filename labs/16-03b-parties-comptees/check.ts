import { defineChecker, must, type Keys } from '../kit.ts';
import type { Line } from './solution.ts';

const HOUR = 3_600_000;

/** Ce que l'on voit d'une page : « 3:ines:120 4:noah:90 ». */
const told = (lines: Line[]) =>
  lines.map(({ rank, player, points }) => `${rank}:${player}:${points}`).join(' ');

/** Les temps à vivre de tout ce qui, dans une saison, n'est pas un classement ; sans échéance, c'est l'infini. */
async function lifetimes(keys: Keys, season: string): Promise<number[]> {
  const found: number[] = [];
  for (const key of await keys.find(`*${season}*`)) {
    const look = await keys.look(key);
    if (!look || look.type === 'zset') continue;
    if (look.ttlMs !== -1) found.push(look.ttlMs);
    else if (look.type !== 'hash') found.push(Infinity);
    else {
      // L'échéance peut être celle des champs (HPEXPIRE).
      const fields = (await keys.command('HKEYS', key)) as string[];
      const ttls = (await keys.command('HPTTL', key, 'FIELDS', fields.length, ...fields)) as number[];
      found.push(...ttls.map((ttl) => (ttl < 0 ? Infinity : ttl)));
    }
  }
  return found;
}

export default defineChecker<typeof import('./solution.ts')>({
  replies: { award: 'integer', around: [{ rank: 'integer', player: 'text', points: 'integer' }] },
  checks: [
    {
      id: 'adds',
      title: 'Les parties d’un joueur s’additionnent',
      visibility: 'public',
      axis: 'correctness',
      points: 2,
      async run({ learner, random }) {
        const [season, player] = [random.name('saison'), random.name('j')];
        let expected = 0;
        for (let match = 0; match < 5; match++) {
          const points = random.integer(1, 300);
          expected += points;
          const found = await learner.award(season, player, random.name('p'), points);
          must(found === expected, 'wrong-total', { expected, found });
        }
      },
    },
    {
      id: 'neighbours',
      title: 'Un joueur est entouré de ses voisins',
      visibility: 'public',
      axis: 'correctness',
      points: 2,
      after: ['adds'],
      async run({ learner, random }) {
        const season = random.name('saison');
        const players = Array.from({ length: 12 }, (_, n) => ({
          player: random.name('j'),
          points: 1000 - 50 * n,
        }));
        for (const { player, points } of random.shuffle(players))
          await learner.award(season, player, random.name('p'), points);
        const radius = random.integer(1, 3);
        const place = random.integer(4, 7);
        const expected = told(
          players.map((line, n) => ({ rank: n + 1, ...line })).slice(place - radius, place + radius + 1),
        );
        const found = told(await learner.around(season, players[place].player, radius));
        must(found === expected, 'wrong-neighbours', {
          rank: place + 1,
          players: 12,
          radius,
          expected,
          found,
        });
        must((await learner.around(season, random.name('j'), 2)).length === 0, 'unknown-ranked');
      },
    },
    {
      id: 'separate',
      title: 'Chaque saison a ses totaux',
      visibility: 'public',
      axis: 'correctness',
      points: 1,
      after: ['adds'],
      async run({ learner, random }) {
        const [player, match] = [random.name('j'), random.name('p')];
        await learner.award(random.name('saison'), player, match, 70);
        must((await learner.award(random.name('saison'), player, match, 5)) === 5, 'seasons-mixed');
      },
    },
    {
      id: 'edges',
      title: 'Le premier et le dernier ont aussi des voisins',
      visibility: 'hidden',
      axis: 'correctness',
      points: 2,
      after: ['neighbours'],
      async run({ learner, random }) {
        const season = random.name('saison');
        const players = Array.from({ length: 6 }, (_, n) => ({
          player: random.name('j'),
          points: 600 - 100 * n,
        }));
        for (const { player, points } of players)
          await learner.award(season, player, random.name('p'), points);
        const ranked = players.map((line, n) => ({ rank: n + 1, ...line }));
        for (const place of [0, 1, 4, 5]) {
          const expected = ranked.slice(Math.max(0, place - 3), place + 4);
          const found = await learner.around(season, players[place].player, 3);
          must(told(found) === told(expected), 'edge-wrong');
        }
      },
    },
    {
      id: 'page-only',
      title: 'Seule la page voyage, quel que soit le nombre de joueurs',
      visibility: 'hidden',
      axis: 'cost',
      points: 2,
      after: ['edges'],
      async run({ learner, random, measure }) {
        const season = random.name('saison');
        const players = Array.from({ length: 120 }, () => random.name('j'));
        for (const player of players)
          await learner.award(season, player, random.name('p'), random.integer(0, 999));
        const { bytes } = await measure(async () => void (await learner.around(season, players[60], 2)));
        must(bytes <= 1000, 'page-too-heavy');
      },
    },
    {
      id: 'replayed',
      title: 'Une partie rejouée compte une fois, sur tous les serveurs',
      visibility: 'hidden',
      axis: 'correctness',
      points: 2,
      after: ['adds'],
      async run({ learner, other, random, restart }) {
        const [season, player, match] = [random.name('saison'), random.name('j'), random.name('p')];
        await learner.award(season, player, random.name('p'), 7);
        const once = (found: number) => {
          must(found <= 47, 'counted-twice');
          must(found === 47, 'state-lost');
        };
        for (const server of [learner, learner, other]) once(await server.award(season, player, match, 40));
        await restart();
        once(await learner.award(season, player, match, 40));
        must((await learner.award(season, player, random.name('p'), 2)) === 49, 'state-lost');
      },
    },
    {
      id: 'two-players',
      title: 'Tous les joueurs d’une partie ont leurs points',
      visibility: 'hidden',
      axis: 'correctness',
      points: 2,
      after: ['adds'],
      async run({ learner, random }) {
        const [season, match] = [random.name('saison'), random.name('p')];
        await learner.award(season, random.name('j'), match, 30);
        const second = random.name('j');
        const points = await learner.award(season, second, match, 20).catch(() => 0);
        must(points === 20, 'match-not-shared');
      },
    },
    {
      id: 'marks-expire',
      title: 'Le souvenir d’une partie a une échéance',
      visibility: 'hidden',
      axis: 'correctness',
      points: 2,
      after: ['replayed'],
      async run({ learner, keys, random }) {
        const season = random.name('saison');
        for (let match = 0; match < 4; match++)
          await learner.award(season, random.name('j'), random.name('p'), 10);
        must((await keys.find(`*${season}*`)).length > 0, 'no-key-for-season');
        for (const ttl of await lifetimes(keys, season)) {
          must(ttl <= 48 * HOUR, 'marks-for-ever');
          must(ttl >= HOUR - 30_000, 'marks-too-short');
        }
      },
    },
    {
      id: 'lost-reply',
      title: 'Une réponse perdue, puis un second essai',
      visibility: 'hidden',
      axis: 'robustness',
      points: 3,
      after: ['replayed'],
      async run({ learner, random, faults }) {
        const [season, player, match] = [random.name('saison'), random.name('j'), random.name('p')];
        await learner.award(season, player, random.name('p'), 5);
        await faults.cutAfter(1);
        await learner.award(season, player, match, 10).catch(() => null);
        await faults.heal();
        const found = await learner.award(season, player, match, 10);
        must(found <= 15, 'counted-twice');
        must(found === 15, 'match-lost');
      },
    },
    {
      id: 'killed-between',
      title: 'Un serveur peut mourir entre deux commandes',
      visibility: 'hidden',
      axis: 'robustness',
      points: 3,
      after: ['replayed'],
      run: ({ learner, other, random, race, restart }) =>
        race({
          arrange: async () => ({
            season: random.name('saison'),
            player: random.name('j'),
            match: random.name('p'),
          }),
          first: ({ season, player, match }) => learner.award(season, player, match, 10).catch(() => null),
          meanwhile: () => restart(),
          event: 'le serveur meurt',
          async property({ season, player, match }) {
            const found = await other.award(season, player, match, 10).catch(() => 0);
            must(found <= 10, 'counted-twice');
            must(found === 10, 'match-lost');
          },
        }),
    },
    {
      id: 'same-match',
      title: 'Deux serveurs reçoivent la même partie ensemble',
      visibility: 'hidden',
      axis: 'robustness',
      points: 3,
      after: ['replayed'],
      run: ({ learner, other, random, race }) =>
        race({
          async arrange() {
            const scene = {
              season: random.name('saison'),
              player: random.name('j'),
              match: random.name('p'),
            };
            await learner.award(scene.season, scene.player, random.name('p'), 5);
            return scene;
          },
          first: ({ season, player, match }) => learner.award(season, player, match, 10),
          meanwhile: ({ season, player, match }) => other.award(season, player, match, 10),
          async property({ season, player, match }) {
            must((await learner.award(season, player, match, 10)) === 15, 'counted-twice');
          },
        }),
    },
    {
      id: 'two-matches',
      title: 'Deux parties finissent ensemble',
      visibility: 'hidden',
      axis: 'robustness',
      points: 2,
      after: ['separate'],
      run: ({ learner, other, random, race }) =>
        race({
          async arrange() {
            const scene = { season: random.name('saison'), player: random.name('j') };
            await learner.award(scene.season, scene.player, random.name('p'), 5);
            return scene;
          },
          first: ({ season, player }) => learner.award(season, player, random.name('p'), 10),
          meanwhile: ({ season, player }) => other.award(season, player, random.name('p'), 20),
          async property({ season, player }) {
            must((await learner.award(season, player, random.name('p'), 0)) === 35, 'award-lost');
          },
        }),
    },
    {
      id: 'moves-meanwhile',
      title: 'Le joueur est dans sa page, même s’il monte pendant la lecture',
      visibility: 'hidden',
      axis: 'robustness',
      points: 3,
      after: ['edges'],
      run: ({ learner, other, random, race }) =>
        race({
          async arrange() {
            const season = random.name('saison');
            const players = Array.from({ length: 9 }, () => random.name('j'));
            for (const [n, player] of players.entries())
              await learner.award(season, player, random.name('p'), 900 - 100 * n);
            return { season, player: players[6] };
          },
          first: ({ season, player }) => learner.around(season, player, 2),
          meanwhile: ({ season, player }) => other.award(season, player, random.name('p'), 1000),
          property({ player }, lines) {
            must(
              lines.some((line) => line.player === player),
              'not-in-own-page',
            );
            for (const [n, line] of lines.entries()) {
              const above = lines[n - 1];
              must(
                !above || (line.rank === above.rank + 1 && line.points <= above.points),
                'not-in-own-page',
              );
            }
          },
        }),
    },
  ],
});

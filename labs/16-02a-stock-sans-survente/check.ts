import { defineChecker, must, type Keys } from '../kit.ts';

interface Product {
  prix: number;
  stock: number;
  reserves: number;
}

async function put(keys: Keys, product: string, stock: number): Promise<void> {
  const document = { nom: 'Lampe', prix: 3900, stock, reserves: 0 };
  await keys.command('JSON.SET', `produit:${product}`, '$', JSON.stringify(document));
}

async function get(keys: Keys, product: string): Promise<Product> {
  return JSON.parse(String(await keys.command('JSON.GET', `produit:${product}`))) as Product;
}

export default defineChecker<typeof import('./solution.ts')>({
  replies: { reserve: { reserved: 'boolean', left: 'integer' } },
  checks: [
    {
      id: 'reserves',
      title: 'La quantité passe du stock aux réserves',
      visibility: 'public',
      axis: 'correctness',
      points: 2,
      async run({ learner, keys, random }) {
        const product = random.name('p');
        const stock = random.integer(8, 20);
        const quantity = random.integer(2, 5);
        await put(keys, product, stock);
        const { reserved, left } = await learner.reserve(product, quantity);
        must(reserved, 'refused-in-stock', { quantity, stock });
        must(left === stock - quantity, 'wrong-left', { found: left, expected: stock - quantity });
        const after = await get(keys, product);
        const right = after.stock === stock - quantity && after.reserves === quantity && after.prix === 3900;
        must(right, 'wrong-document', { quantity });
      },
    },
    {
      id: 'refuses',
      title: 'Au-delà du stock, rien n’est réservé ; le dernier article se vend',
      visibility: 'public',
      axis: 'correctness',
      points: 2,
      after: ['reserves'],
      async run({ learner, keys, random }) {
        const product = random.name('p');
        const stock = random.integer(2, 5);
        await put(keys, product, stock);
        const beyond = await learner.reserve(product, stock + 1);
        must(!beyond.reserved, 'reserved-beyond-stock', { quantity: stock + 1, stock });
        must(beyond.left === stock, 'wrong-left', { found: beyond.left, expected: stock });
        const last = await learner.reserve(product, stock);
        must(last.reserved, 'refused-in-stock', { quantity: stock, stock });
        must(last.left === 0, 'wrong-left', { found: last.left, expected: 0 });
      },
    },
    {
      id: 'race-for-the-last',
      title: 'Deux acheteurs pour le dernier lot : un seul l’obtient',
      visibility: 'hidden',
      axis: 'robustness',
      points: 3,
      after: ['refuses'],
      run: ({ learner, other, keys, random, race }) =>
        race({
          async arrange() {
            const product = random.name('p');
            await put(keys, product, 3);
            return product;
          },
          first: (product) => learner.reserve(product, 2),
          meanwhile: (product) => other.reserve(product, 2),
          async property(product, one, another) {
            const { stock, reserves } = await get(keys, product);
            must(!(one.reserved && another.reserved), 'oversold');
            must(one.reserved || another.reserved, 'unsold');
            must(stock === 1 && reserves === 2, 'update-lost');
          },
        }),
    },
    {
      id: 'race-for-both',
      title: 'Deux acheteurs que le stock satisfait : les deux sont servis',
      visibility: 'hidden',
      axis: 'robustness',
      points: 2,
      after: ['refuses'],
      run: ({ learner, other, keys, random, race }) =>
        race({
          async arrange() {
            const product = random.name('p');
            await put(keys, product, 5);
            return product;
          },
          first: (product) => learner.reserve(product, 2),
          meanwhile: (product) => other.reserve(product, 2),
          async property(product, one, another) {
            const { stock, reserves } = await get(keys, product);
            must(one.reserved && another.reserved, 'unsold');
            must(stock === 1 && reserves === 4, 'update-lost');
          },
        }),
    },
    {
      id: 'race-with-refusal',
      title: 'Un acheteur trop gourmand ne prive pas l’autre',
      visibility: 'hidden',
      axis: 'robustness',
      points: 2,
      after: ['refuses'],
      run: ({ learner, other, keys, random, race }) =>
        race({
          async arrange() {
            const product = random.name('p');
            await put(keys, product, 3);
            return product;
          },
          first: (product) => learner.reserve(product, 4),
          meanwhile: (product) => other.reserve(product, 2),
          property(_product, greedy, modest) {
            must(!greedy.reserved, 'oversold');
            must(modest.reserved, 'unsold');
          },
        }),
    },
    {
      id: 'price-kept',
      title: 'Un prix qui change pendant une réservation reste changé',
      visibility: 'hidden',
      axis: 'robustness',
      points: 2,
      after: ['refuses'],
      run: ({ learner, keys, random, race }) =>
        race({
          async arrange() {
            const product = random.name('p');
            await put(keys, product, 5);
            return product;
          },
          first: (product) => learner.reserve(product, 2),
          meanwhile: (product) => keys.command('JSON.SET', `produit:${product}`, '$.prix', '2900'),
          event: 'un autre service change le prix',
          async property(product) {
            must((await get(keys, product)).prix === 2900, 'price-overwritten');
          },
        }),
    },
    {
      id: 'killed-between',
      title: 'Un processus peut mourir entre deux commandes',
      visibility: 'hidden',
      axis: 'robustness',
      points: 3,
      after: ['refuses'],
      run: ({ learner, other, keys, random, race, restart, wait }) =>
        race({
          async arrange() {
            const product = random.name('p');
            await put(keys, product, 5);
            return product;
          },
          first: (product) => learner.reserve(product, 2).catch(() => null),
          meanwhile: () => restart(),
          event: 'le processus meurt',
          async property(product) {
            const { stock, reserves } = await get(keys, product);
            must(stock + reserves === 5, 'half-done');
            const next = other.reserve(product, 1);
            next.catch(() => null);
            const sold = await Promise.race([next, wait(4000)]);
            must(sold?.reserved === true, 'stuck-after-death');
          },
        }),
    },
  ],
});

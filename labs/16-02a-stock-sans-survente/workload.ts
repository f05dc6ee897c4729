import { defineWorkload, must } from '../kit.ts';

const STOCK = 12;

// Les produits viennent de seed.redis ; le modèle sait ce qu'il en reste.
export default defineWorkload<typeof import('./solution.ts')>({
  traffic(random) {
    const products = ['lampe', 'vase', 'tapis', 'miroir', 'horloge', 'panier'].map((name) => ({
      name,
      stock: STOCK,
    }));
    return {
      next: () => ({ op: 'reserve', args: [random.pick(products).name, random.integer(1, 3)] }),
      verify({ args }, reply: { reserved: boolean; left: number }) {
        const product = products.find(({ name }) => name === args[0])!;
        const quantity = Number(args[1]);
        const reserved = product.stock >= quantity;
        if (reserved) product.stock -= quantity;
        must(reply.reserved === reserved && reply.left === product.stock, 'wrong-under-load');
      },
      async disturb(keys) {
        const product = random.pick(products);
        await keys.command('JSON.SET', `produit:${product.name}`, '$.stock', STOCK);
        product.stock = STOCK;
      },
    };
  },
});

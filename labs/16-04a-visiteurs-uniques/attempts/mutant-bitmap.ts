// to-review small-counts=wrong-small-count
// Un bit par visiteur, au rang de son empreinte courte : deux visiteurs tombent sur le même bit.
import { Redis } from 'ioredis';

const redis = new Redis();

export async function visits(page: string, visitors: string[]): Promise<void> {
  const pipeline = redis.pipeline();
  for (const visitor of visitors) {
    let hash = 0;
    for (const letter of visitor) hash = (hash * 31 + letter.codePointAt(0)!) % 4;
    pipeline.setbit(`visiteurs:${page}`, hash, 1);
  }
  await pipeline.exec();
}

export async function unique(pages: string[]): Promise<number> {
  let sum = 0;
  for (const page of pages) sum += await redis.bitcount(`visiteurs:${page}`);
  return sum;
}

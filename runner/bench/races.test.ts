/** The race explorer on answers in real boxes, in two languages; the bench runs the same a hundred times. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { openGrading, type OwnGrading } from '../commands/grading.ts';
import { plants } from './plants.ts';
import { race } from './races.ts';

let grading: OwnGrading;

before(async () => {
  grading = await openGrading('test');
});

after(() => grading.close());

test('each kind of race is planted in three shapes, in each language, beside right ways', () => {
  for (const language of ['typescript', 'python']) {
    for (const kind of ['counter', 'stock', 'document', 'lock']) {
      const these = plants.filter((plant) => plant.language === language && plant.kind === kind);
      assert.equal(these.filter(({ right }) => !right).length, 3, `${language} ${kind}`);
      assert.ok(these.some(({ right }) => right));
    }
  }
});

for (const plant of plants) {
  const must = plant.right ? 'never' : 'always';
  test(`${plant.language}, ${plant.kind}: ${plant.name} is ${must} blamed`, async () => {
    const runs = plant.right ? 2 : 1;
    const { caught } = await race(grading.context, plant, runs);
    assert.equal(caught, plant.right ? 0 : runs);
  });
}

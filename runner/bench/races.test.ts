/** The race explorer on answers in real boxes, in two languages; the bench runs the same a hundred times. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { openGrading, type OwnGrading } from '../commands/grading.ts';
import { race } from './races.ts';
import { takers } from './takers.ts';

let grading: OwnGrading;

before(async () => {
  grading = await openGrading('test');
});

after(() => grading.close());

for (const taker of takers) {
  test(`${taker.language}: ${taker.name} is ${taker.right ? 'never' : 'always'} blamed`, async () => {
    const runs = 2;
    const { caught } = await race(grading.context, taker, runs);
    assert.equal(caught, taker.right ? 0 : runs);
  });
}

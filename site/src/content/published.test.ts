import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkCourse } from './checks.ts';
import { readCourse } from './course.ts';

test('the course as it is written can be published', () => {
  assert.deepEqual(
    checkCourse(readCourse()).map((fault) => fault.message),
    [],
  );
});

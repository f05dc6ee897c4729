import assert from 'node:assert/strict';
import { test } from 'node:test';
import { proseOf } from './prose.ts';

const page = `---
title: Titre
---
## Une partie

Un *cache* garde \`SET\` ;
il répond.

\`\`\`ts run id="a"
const secret = 1;
\`\`\`

<Terme id="cache">Un mot</Terme> reste.

## Références

- A title in English
`;

test('sentences stay, code and references go, what is no sentence gets a full stop', () => {
  const { text } = proseOf(page);
  assert.equal(text, 'Une partie.\n\nUn cache garde X\u00a0;\nil répond.\n\nUn mot reste.\n\nRéférences');
});

test('a place in the prose is a line of the file', () => {
  const { text, lineAt } = proseOf(page);
  assert.equal(lineAt(text.indexOf('partie')), 4);
  assert.equal(lineAt(text.indexOf('garde')), 6);
  assert.equal(lineAt(text.indexOf('répond')), 7);
  assert.equal(lineAt(text.indexOf('reste')), 13);
});

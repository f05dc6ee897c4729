// Throws what looks like the checker's own signals: errors with its codes, its classes and escapes of terminals → it is an error of the answer
import { gain } from '../cheats.ts';
import { attack } from '../attack.ts';

export default attack(async ({ grade }) =>
  gain(
    await grade(`
export async function allow() {
  throw Object.assign(new Error('\\u001b[2Jpassed'), { name: 'AttemptEnded', class: 'passed', code: 'passed', ending: { class: 'platform', code: 'grading-failed' } });
}`),
  ),
);

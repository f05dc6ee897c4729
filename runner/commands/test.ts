/**
 * `npm test [-- SUITE…]`: every suite on the real parts. A suite that ran no test, or skipped one, fails.
 */
import { testCourseCode } from './course-code.ts';
import { browser, files, runSuites, told } from './suites.ts';

await runSuites([
  files('sandbox', 'sandbox/**/*.test.ts'),
  files('host', 'runner/host/**/*.test.ts'),
  told('attacks', 'runner/commands/attack.ts'),
  files('server', 'runner/*.test.ts', 'runner/{store,texts,workshop,commands,setup,bench}/**/*.test.ts'),
  // Every answer of every lab gets its verdict; what only a measure of latency stops is for the long tests.
  told('labs', 'runner/commands/labs.ts', '--quick'),
  files('course', 'course/**/*.test.ts', 'site/{src,proofread}/**/*.test.ts'),
  { name: 'code', run: () => testCourseCode() },
  browser(),
]);

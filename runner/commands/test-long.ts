/** `npm run test:long [-- SUITE…]`: what is too slow for every change, after `npm test`. */
import { testCourseMonitoring } from './course-monitoring.ts';
import { files, runSuites, told } from './suites.ts';
import { testTakenHome } from './taken-home.ts';

await runSuites(
  [
    // Those of several servers: npm test leaves them to us.
    told('labs', 'runner/commands/labs.ts', '--quick', '16-07a-vus-ensemble', '16-08b-mesures-et-bascule'),
    told('prose', 'runner/commands/proofread.ts'),
    { name: 'monitoring', run: () => testCourseMonitoring() },
    told('controls', 'runner/commands/attack.ts', '--controls'),
    // One at a time: the first looks at the whole machine, the second measures it.
    files('endurance', 'runner/endurance/mixed.test.ts'),
    files('vandal', 'runner/endurance/vandal.test.ts'),
  ],
  // By name only: `npm run test:long -- home`.
  [{ name: 'home', run: () => testTakenHome() }],
);

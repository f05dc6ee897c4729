import type { ShownVerdict } from '../protocol.ts';

/** A verdict as a JUnit report: one test case a check, for the CI systems that read these. */
export function junit(lab: string, verdict: ShownVerdict): string {
  const { checks } = verdict;
  const failed = checks.filter((check) => check.state === 'failed').length;
  const skipped = checks.filter((check) => check.state === 'not-checked').length;
  const broken =
    verdict.class === 'passed' || verdict.class === 'to-review' || verdict.class === 'inconclusive' ? 0 : 1;
  const cases = checks.map((check) => {
    const words = check.message === null ? '' : `${check.message.fact} ${check.message.next}`;
    const inside =
      check.state === 'failed'
        ? `<failure message="${escape(words)}"/>`
        : check.state === 'not-checked'
          ? `<skipped message="${escape(words)}"/>`
          : '';
    return `    <testcase classname="${escape(lab)}" name="${escape(`${check.id} ${check.title}`)}">${inside}</testcase>`;
  });
  if (broken === 1) {
    const words = `${verdict.message.fact} ${verdict.message.next}`;
    cases.push(
      `    <testcase classname="${escape(lab)}" name="verdict"><error type="${verdict.class}" message="${escape(words)}"/></testcase>`,
    );
  }
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    '<testsuites>',
    `  <testsuite name="${escape(lab)}" tests="${cases.length}" failures="${failed}" errors="${broken}" skipped="${skipped}">`,
    ...cases,
    '  </testsuite>',
    '</testsuites>',
    '',
  ].join('\n');
}

function escape(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll(/(?![\t\n\r])\p{Cc}/gu, ' ');
}

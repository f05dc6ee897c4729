import { expect, test } from './atelier.ts';

const page01 = '/16-etudes-cas-patterns-reels/01-cas-session-store/5-monitoring/';

test('a cell runs on two servers of its own, says so, and each command tells its node', async ({
  learner,
}) => {
  await learner.open(page01);
  await expect(learner.cell('de-l-autre-cote').locator('.cell-topology')).toHaveText(
    'sur un primaire et son réplica',
  );
  expect(await learner.run('de-l-autre-cote')).toBe('done');
  await expect(learner.output('de-l-autre-cote')).toContainText('le voleur navigue');
  const trace = learner.shown('de-l-autre-cote').locator('details.trace').first();
  await trace.locator('summary').first().click();
  await expect(trace.locator('.timeline-node', { hasText: '6379' }).first()).toBeVisible();
  await expect(trace.locator('.timeline-node', { hasText: '6380' }).first()).toBeVisible();
  await expect(trace).toContainText('Plusieurs nœuds tiennent les clés');
  await expect(trace).not.toContainText('Aucune clé n’a changé');

  // The second cell goes on with the first one's connections, kills the primary, and loses what it alone knew.
  expect(await learner.run('revocation-perdue')).toBe('done');
  await expect(learner.output('revocation-perdue')).toContainText('la session volée existe encore');

  // A clean kernel knows nothing of them.
  await learner.page.getByRole('button', { name: 'Redémarrer' }).click();
  await expect(learner.page.locator('.bench-notice')).toContainText('Le noyau est neuf');
  expect(await learner.run('revocation-perdue')).toBe('code-error');
  await expect(learner.shown('revocation-perdue').locator('.error')).toContainText('is not defined');
});

/** The seven principles of the case studies, in their order. */
export const principles = [
  'Penser en structures de données, pas en tables',
  'Dénormaliser à dessein',
  'Les opérations atomiques d’abord',
  'Prévoir la panne',
  'La mémoire est précieuse',
  'Mesurer, ne pas deviner',
  'L’évolution plutôt que la perfection',
];

/** Where the introduction tells a principle and runs it; `number` counts from 1. */
export function principleUrl(number: number): string {
  const words = (principles[number - 1] ?? '')
    .toLowerCase()
    .replaceAll(/[^\p{L} ]/gu, '')
    .replaceAll(' ', '-');
  return `/16-etudes-cas-patterns-reels/00-introduction/1-introduction/#${number}-${words}`;
}

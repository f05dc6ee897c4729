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

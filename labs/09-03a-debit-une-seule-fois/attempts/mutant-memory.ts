// to-review state-in-redis=state-lost
// Des dictionnaires en mémoire : aucune panne de Redis ne les atteint, un redémarrage si.
export interface Debit {
  state: 'done' | 'short' | 'failed';
  left: number | null;
}

const soldes = new Map<string, number>();
const passages = new Map<string, number>();

export async function credit(card: string, cents: number): Promise<void> {
  soldes.set(card, (soldes.get(card) ?? 0) + cents);
}

export async function balance(card: string): Promise<number> {
  return soldes.get(card) ?? 0;
}

export async function debit(card: string, cents: number, passage: string): Promise<Debit> {
  const trace = `${card} ${passage}`;
  const solde = soldes.get(card) ?? 0;
  if (passages.has(trace)) return { state: 'done', left: passages.get(trace)! };
  if (solde < cents) return { state: 'short', left: solde };
  soldes.set(card, solde - cents);
  passages.set(trace, solde - cents);
  return { state: 'done', left: solde - cents };
}

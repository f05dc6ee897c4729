// to-review state-in-redis=state-lost, no-scan=grows-commands
// Tout en mémoire : parfait sur un seul serveur qui ne redémarre jamais.

export interface Identity {
  user: string;
  device: string;
}

const sessions = new Map<string, Identity & { end: number }>();
const alive = (token: string) => {
  const found = sessions.get(token);
  return found && performance.now() < found.end ? found : null;
};

export async function login(token: string, device: string, ttlMs: number): Promise<void> {
  sessions.set(token, { user: token.split('.')[0]!, device, end: performance.now() + ttlMs });
}

export async function who(token: string): Promise<Identity | null> {
  const found = alive(token);
  return found && { user: found.user, device: found.device };
}

export async function rotate(token: string, renewed: string): Promise<boolean> {
  const found = alive(token);
  if (!found) return false;
  sessions.delete(token);
  sessions.set(renewed, found);
  return true;
}

export async function devices(user: string): Promise<string[]> {
  return [...sessions.keys()].flatMap((token) => (alive(token)?.user === user ? [alive(token)!.device] : [])).toSorted();
}

export async function logoutEverywhere(user: string, kept: string | null): Promise<number> {
  const gone = [...sessions.keys()].filter((token) => token !== kept && alive(token)?.user === user);
  for (const token of gone) sessions.delete(token);
  return gone.length;
}

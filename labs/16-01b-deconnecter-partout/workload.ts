import { defineWorkload, must } from '../kit.ts';

const TTL_MS = 3_600_000;

export default defineWorkload<typeof import('./solution.ts')>({
  traffic(random) {
    const users = Array.from({ length: 8 }, () => ({
      name: random.name('u'),
      sessions: new Map<string, string>(),
    }));
    // Les appels sont tirés d'avance : le modèle avance avec eux, et retient la réponse que chacun doit recevoir.
    const expected: unknown[] = [];
    const dead: string[] = [];
    const ask = (op: string, args: unknown[], reply: unknown) => {
      expected.push(reply);
      return { op, args };
    };
    return {
      next() {
        const { name, sessions } = random.pick(users);
        const tokens = [...sessions.keys()];
        const fresh = `${name}.${random.name('secret')}`;
        if (tokens.length === 0 || (tokens.length < 5 && random.chance(0.25))) {
          const device = random.name('appareil');
          sessions.set(fresh, device);
          return ask('login', [fresh, device, TTL_MS], null);
        }
        const token = random.pick(tokens);
        const device = sessions.get(token);
        if (random.chance(0.15)) {
          sessions.delete(token);
          sessions.set(fresh, String(device));
          dead.push(token);
          return ask('rotate', [token, fresh], true);
        }
        if (random.chance(0.1)) return ask('devices', [name], [...sessions.values()].toSorted());
        if (random.chance(0.1)) {
          const kept = random.chance(0.5) ? token : null;
          const gone = tokens.filter((one) => one !== kept);
          for (const one of gone) sessions.delete(one);
          dead.push(...gone);
          return ask('logoutEverywhere', [name, kept], gone.length);
        }
        if (dead.length > 0 && random.chance(0.2)) return ask('who', [random.pick(dead)], null);
        return ask('who', [token], { user: name, device });
      },
      verify(_operation, reply) {
        const wanted = expected.shift();
        const same = (value: unknown) => JSON.stringify(value ?? null);
        const found: unknown = reply;
        if (typeof wanted === 'object' && wanted !== null && 'user' in wanted && 'device' in wanted) {
          const identity = typeof found === 'object' && found !== null ? found : {};
          must('user' in identity && identity.user === wanted.user, 'wrong-under-load');
          must('device' in identity && identity.device === wanted.device, 'wrong-under-load');
        } else {
          must(same(found) === same(wanted), 'wrong-under-load');
        }
      },
    };
  },
});

/**
 * `npm start` : exécute les cellules TypeScript du chapitre dans l'ordre, comme l'Atelier, sur votre Redis
 * (localhost:6379, ou celui de REDIS_URL). `npm start -- 3` s'arrête après la troisième.
 */
import { existsSync, readFileSync } from 'node:fs';
import type { Runtime } from 'node:inspector';
import { Session } from 'node:inspector/promises';
import { stripTypeScriptTypes } from 'node:module';
import { inspect } from 'node:util';
import { Redis } from 'ioredis';
import './display.ts';

interface Cell {
  file: string;
  title: string;
  expect: 'done' | 'error' | 'interrupted';
  topology?: string;
}

const here = import.meta.dirname;
const { settings, cells } = JSON.parse(readFileSync(`${here}/cells/chapter.json`, 'utf8')) as {
  settings: Record<string, string>;
  cells: Cell[];
};
const last = Number(process.argv[2] ?? cells.length);

if (process.env.REDIS_URL) {
  const { hostname, port, username, password } = new URL(process.env.REDIS_URL);
  Object.assign(Redis, {
    defaultOptions: {
      ...Redis['defaultOptions'],
      host: hostname,
      port: Number(port || 6379),
      username,
      password,
    },
  });
}
const redis = new Redis({ lazyConnect: true, retryStrategy: () => null });
redis.on('error', () => {});
try {
  await redis.connect();
} catch {
  console.error(
    'Redis ne répond pas. Lancez « docker compose up -d », ou donnez son adresse dans REDIS_URL.',
  );
  process.exit(1);
}
if (existsSync(`${here}/seed.redis`)) {
  for (const line of readFileSync(`${here}/seed.redis`, 'utf8').split('\n')) {
    const words =
      line.match(/"[^"]*"|'[^']*'|\S+/g)?.map((word) => word.replace(/^(["'])(.*)\1$/, '$2')) ?? [];
    if (words.length > 0 && !line.startsWith('#')) await redis.call(words[0], ...words.slice(1));
  }
}
// Ce chapitre compte sur ces réglages ; les vôtres reviennent à la fin.
const yours = await redis.config('GET', ...Object.keys(settings));
await redis.config('SET', ...Object.entries(settings).flat());
async function end(code: number): Promise<never> {
  await redis.config('SET', ...yours);
  process.exit(code);
}
process.on('SIGINT', () => void end(130));

// Ce qu'une cellule déclare reste pour les suivantes, comme dans la console du navigateur.
const session = new Session();
session.connect();
Object.assign(globalThis, {
  __import: (name: string) => import(name),
  __show: (value: unknown) =>
    value !== undefined && console.log(inspect(value, { colors: process.stdout.isTTY })),
});

/** Les imports d'une cellule, tels qu'une console les accepte ; ses constantes peuvent être déclarées à nouveau. */
function asConsole(code: string): string {
  return stripTypeScriptTypes(code)
    .replaceAll(
      /^import\s+(?:(\w+)\s*,?\s*)?(?:\{([^}]*)\}|\*\s+as\s+(\w+))?\s*from\s*(['"].*?['"]);?/gm,
      (_, main?: string, names?: string, all?: string, from = '') => {
        const taken = [main && `default: ${main}`, names?.replaceAll(/\s+as\s+/g, ': ')]
          .filter(Boolean)
          .join(', ');
        return `var ${all ?? `{ ${taken} }`} = await __import(${from});`;
      },
    )
    .replaceAll(/^(?:const|let) /gm, 'var ')
    .replaceAll(/^export /gm, '');
}

let failed = 0;
for (const [index, { file, title, expect, topology }] of cells.slice(0, last).entries()) {
  console.log(`\n[${index + 1}] ${title}`);
  if (topology) {
    console.log('(cette cellule demande plusieurs Redis : elle s’exécute dans l’Atelier)');
    continue;
  }
  if (expect === 'interrupted') {
    console.log('(cette cellule ne s’arrête jamais d’elle-même : elle n’est pas exécutée ici)');
    continue;
  }
  const { result, exceptionDetails } = (await session.post('Runtime.evaluate', {
    expression: `${asConsole(readFileSync(`${here}/cells/typescript/${file}`, 'utf8'))}\n//# sourceURL=${file}`,
    replMode: true,
    awaitPromise: true,
  })) as unknown as Runtime.EvaluateReturnType;
  if (exceptionDetails) {
    console.log(exceptionDetails.exception?.description ?? exceptionDetails.text);
    if (expect !== 'error') failed++;
  } else if (result.objectId) {
    await session.post('Runtime.callFunctionOn', {
      objectId: result.objectId,
      functionDeclaration: 'function () { __show(this) }',
    });
  } else if (result.type !== 'undefined') {
    console.log(result.unserializableValue ?? result.value);
  }
}
console.log(
  failed === 0
    ? '\nToutes les cellules ont donné ce qu’elles devaient.'
    : `\n${failed} cellule(s) en erreur.`,
);
await end(failed === 0 ? 0 : 1);

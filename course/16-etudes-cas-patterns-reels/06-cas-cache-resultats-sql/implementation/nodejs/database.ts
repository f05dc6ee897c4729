/**
 * SQLite dans un fil à part : `node:sqlite` est synchrone, et une requête de trente millisecondes gèlerait le serveur.
 * Licence MIT : usage, modification et redistribution libres avec mention de l'auteur, sans garantie.
 */
import { once } from 'node:events';
import { DatabaseSync, type SQLInputValue } from 'node:sqlite';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { schema } from './sales.ts';

type Question = { id: number; sql: string; values: SQLInputValue[] };
type Answer = { id: number; rows?: unknown[]; problem?: string };
type Row = Record<string, unknown>;

/** Une base dont les requêtes se font une à une, dans leur fil : la file d'attente d'un serveur à un cœur. */
export class Database {
  /** Requêtes envoyées depuis l'ouverture. */
  queries = 0;
  readonly #thread: Worker;
  readonly #waiting = new Map<number, PromiseWithResolvers<unknown[]>>();

  constructor() {
    this.#thread = new Worker(new URL(import.meta.url), { workerData: 'sales database' });
    this.#thread.on('message', ({ id, rows, problem }: Answer) => {
      const waiter = this.#waiting.get(id);
      this.#waiting.delete(id);
      if (rows) waiter?.resolve(rows);
      else waiter?.reject(new Error(problem));
    });
    this.#thread.unref();
  }

  /** Attend que les ventes soient en place. */
  static async open(): Promise<Database> {
    const database = new Database();
    await database.ask('SELECT 1');
    database.queries = 0;
    return database;
  }

  /** Les lignes d'une requête ; une écriture n'en rend aucune. */
  async ask<Found = Row>(sql: string, ...values: SQLInputValue[]): Promise<Found[]> {
    const id = ++this.queries;
    const waiter = Promise.withResolvers<unknown[]>();
    this.#waiting.set(id, waiter);
    this.#thread.ref();
    this.#thread.postMessage({ id, sql, values } satisfies Question);
    try {
      return (await waiter.promise) as Found[];
    } finally {
      if (this.#waiting.size === 0) this.#thread.unref();
    }
  }

  async close(): Promise<void> {
    const gone = once(this.#thread, 'exit');
    await this.#thread.terminate();
    await gone.catch(() => null);
  }
}

if (!isMainThread && workerData === 'sales database') {
  const database = new DatabaseSync(':memory:');
  database.exec(schema);
  parentPort?.on('message', ({ id, sql, values }: Question) => {
    try {
      parentPort?.postMessage({ id, rows: database.prepare(sql).all(...values) } satisfies Answer);
    } catch (error) {
      parentPort?.postMessage({ id, problem: String(error) } satisfies Answer);
    }
  });
}

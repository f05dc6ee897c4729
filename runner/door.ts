/** The door of the WebSocket: what is not exactly a message of the protocol goes no further. */
import { z } from 'zod';
import type { Limits } from './config.ts';
import type { ClientMessage } from './protocol.ts';
import type { Data } from './texts/say.ts';

const id = z.string().regex(/^[\p{L}\p{N}][\p{L}\p{N}_.:/-]{0,99}$/u);
const language = z.enum(['typescript', 'python', 'go']);
const topology = z.enum(['replica', 'sentinel', 'cluster', 'regions']).optional();
const cell = { lesson: id, cell: id };
const columns = z.int().min(2).max(500);
const rows = z.int().min(1).max(300);

const message = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('hello'), lesson: id }),
  z.strictObject({
    type: z.literal('run'),
    ...cell,
    language,
    code: z.string(),
    topology,
    roundTripMs: z.number().min(0).max(100).optional(),
    fault: z.enum(['none', 'cut', 'timeout', 'noauth', 'readonly', 'oom', 'loading']).optional(),
  }),
  z.strictObject({ type: z.literal('interrupt'), ...cell }),
  z.strictObject({ type: z.literal('restart'), lesson: id, language, topology }),
  z.strictObject({ type: z.literal('reset'), lesson: id, topology }),
  z.strictObject({
    type: z.literal('draft'),
    ...cell,
    language,
    code: z.string(),
    revision: z.int().min(0).max(Number.MAX_SAFE_INTEGER),
    basis: z.string().max(128),
  }),
  z.strictObject({ type: z.literal('forget-draft'), ...cell, language }),
  z.strictObject({ type: z.literal('terminal-open'), lesson: id, terminal: id, columns, rows }),
  z.strictObject({
    type: z.literal('terminal-input'),
    lesson: id,
    terminal: id,
    data: z.string().max(65_536),
  }),
  z.strictObject({ type: z.literal('terminal-resize'), lesson: id, terminal: id, columns, rows }),
  z.strictObject({ type: z.literal('terminal-close'), lesson: id, terminal: id }),
  z.strictObject({
    type: z.literal('keys'),
    lesson: id,
    request: id,
    pattern: z.string().max(1024),
    cursor: z.string().regex(/^\d{1,20}$/),
  }),
  z.strictObject({ type: z.literal('key'), lesson: id, request: id, key: z.string().max(4096) }),
  z.strictObject({ type: z.literal('verify'), lab: id, language, code: z.string() }),
  z.strictObject({ type: z.literal('hint'), lab: id, level: z.int().min(1).max(10) }),
  z.strictObject({ type: z.literal('solution'), lab: id, language }),
]) satisfies z.ZodType<ClientMessage>;

/** Where a refused message came from, as far as it can be told, so that the page can say it there. */
export type Origin = Partial<Record<'lesson' | 'cell' | 'lab' | 'request', string>>;

/** A message that may come in, or why it may not. */
export type Admission =
  { message: ClientMessage; refused?: never } | { refused: { code: string; data: Data; origin: Origin } };

/** Reads one message of a page, whatever it may be. */
export function admit(text: string, limits: Pick<Limits, 'message' | 'code'>): Admission {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return refuse('not-a-message');
  }
  const origin = originOf(value);
  const code = codeOf(value);
  if (code > limits.code) {
    return refuse(
      'code-too-large',
      { sizeKiB: Math.ceil(code / 1024), limitKiB: limits.code / 1024 },
      origin,
    );
  }
  if (Buffer.byteLength(text) > limits.message) {
    return refuse('message-too-large', { limitKiB: limits.message / 1024 }, origin);
  }
  const read = message.safeParse(value);
  return read.success ? { message: read.data } : refuse('not-a-message', {}, origin);
}

function refuse(code: string, data: Data = {}, origin: Origin = {}): Admission {
  return { refused: { code, data, origin } };
}

function codeOf(value: unknown): number {
  const code = field(value, 'code');
  return typeof code === 'string' ? Buffer.byteLength(code) : 0;
}

function originOf(value: unknown): Origin {
  const origin: Origin = {};
  for (const name of ['lesson', 'cell', 'lab', 'request'] as const) {
    const read = id.safeParse(field(value, name));
    if (read.success) origin[name] = read.data;
  }
  return origin;
}

function field(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined;
  return (value as Record<string, unknown>)[name];
}

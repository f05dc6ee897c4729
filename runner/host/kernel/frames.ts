/**
 * What a kernel says, made safe to read. A learner may write on the descriptor: a frame that is too
 * long, too deep or not of the protocol is told apart here, and never reaches the rest of the host.
 */
import type { Socket } from 'node:net';
import { z } from 'zod';
import type { Display, KernelFrame, Tree } from '../../../sandbox/run.ts';

/** The longest line a kernel may say, in characters. */
export const LONGEST_FRAME = 1024 * 1024;
/** A value nested deeper would overflow the stack of whoever walks it. */
const DEEPEST = 100;

const id = z.string().max(200);
const name = z.string().max(1000);
const names = z.array(name).max(10_000);
const position = { line: z.int(), column: z.int(), cell: name.optional() };
const point = z.tuple([z.number(), z.number()]);

const tree: z.ZodType<Tree> = z.object({
  type: name,
  text: z.string(),
  get children() {
    return z.array(z.object({ key: z.string(), value: tree })).optional();
  },
  more: z.int().optional(),
});

const title = z.string().optional();
const place = z.union([z.string(), z.number(), z.boolean(), z.null()]);
const display: z.ZodType<Display> = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('text'), text: z.string() }),
  z.object({ kind: z.literal('tree'), tree }),
  z.object({
    kind: z.literal('table'),
    columns: z.array(z.string()),
    rows: z.array(z.array(place)),
    title,
    more: z.int().optional(),
  }),
  z.object({
    kind: z.literal('plot'),
    title,
    x: z.string(),
    y: z.string(),
    series: z.array(z.object({ name: z.string(), points: z.array(point) })),
  }),
  z.object({
    kind: z.literal('histogram'),
    title,
    unit: z.string(),
    series: z.array(z.object({ name: z.string(), values: z.array(z.number()) })),
  }),
  z.object({ kind: z.literal('markdown'), text: z.string() }),
  z.object({
    kind: z.literal('image'),
    type: z.string().regex(/^image\/[a-z0-9.+-]+$/),
    base64: z.base64(),
    alternative: z.string(),
  }),
]);

const error = z.object({
  name,
  message: z.string(),
  line: z.int().optional(),
  column: z.int().optional(),
  cell: name.optional(),
  stack: z.array(z.object({ where: name, ...position })).max(100),
  code: name.optional(),
});

const frame: z.ZodType<KernelFrame> = z.discriminatedUnion('type', [
  z.object({ type: z.literal('ready') }),
  z.object({ type: z.literal('output'), id, stream: z.enum(['stdout', 'stderr']), text: z.string() }),
  z.object({ type: z.literal('display'), id, item: display }),
  z.object({
    type: z.literal('done'),
    id,
    value: display.optional(),
    hint: z.literal('pending-promise').optional(),
    declares: names.optional(),
    reads: names.optional(),
  }),
  z.object({ type: z.literal('failed'), id, error }),
  z.object({ type: z.literal('interrupted'), id }),
  z.object({ type: z.literal('loaded'), handlers: names }),
  z.object({ type: z.literal('result'), id, value: z.unknown() }),
  z.object({ type: z.literal('threw'), id, error }),
]);

/** One line of a kernel as a frame; null when it is not one. */
export function parseFrame(line: string): KernelFrame | null {
  if (line.length > LONGEST_FRAME || depth(line) > DEEPEST) return null;
  try {
    return frame.safeParse(JSON.parse(line)).data ?? null;
  } catch {
    return null;
  }
}

/** Calls back with every frame of a control channel, or null for what is not one. */
export function readFrames(
  control: Socket,
  receive: (frame: KernelFrame | null, length: number) => void,
): void {
  let rest = '';
  control.setEncoding('utf8');
  control.on('data', (chunk: string) => {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) receive(parseFrame(line), line.length);
    if (rest.length <= LONGEST_FRAME) return;
    rest = '';
    receive(null, LONGEST_FRAME);
  });
}

/** How deep the brackets of a JSON text go. */
function depth(json: string): number {
  let deepest = 0;
  let now = 0;
  let quoted = false;
  for (let at = 0; at < json.length; at++) {
    const code = json.charCodeAt(at);
    if (quoted) {
      if (code === 92) at++;
      else if (code === 34) quoted = false;
    } else if (code === 34) quoted = true;
    else if (code === 91 || code === 123) deepest = Math.max(deepest, ++now);
    else if (code === 93 || code === 125) now--;
  }
  return deepest;
}

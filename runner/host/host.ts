/**
 * The host process: it holds learners' boxes (role `cells`) or grades attempts (role `grading`), and
 * says everything to the server over one stream. When the server goes, so does all that it asked for:
 * a server that comes back knows nothing of it.
 */
import { connect, type Socket } from 'node:net';
import { availableParallelism, hostname } from 'node:os';
import { openSandbox, type Program, type Sandbox } from '../../sandbox/run.ts';
import { CellRoom } from './cell-room.ts';
import { GradingRoom } from './grading-room.ts';
import { InstancePool } from './instance-pool.ts';
import { KernelPool } from './kernel/pool.ts';
import { decoder, encode, type HostRequest, type HostStatus, type Language } from './protocol.ts';
import { RequestError, type Line, type Room } from './room.ts';
import { SavedStates } from './saved-states.ts';
import { serverFacts } from './server-facts.ts';

const role = process.env.ATELIER_HOST_ROLE === 'grading' ? 'grading' : 'cells';
const socketPath = process.env.ATELIER_HOST_SOCKET ?? process.argv[2];
const name = process.env.ATELIER_HOST ?? `${hostname()}-${process.pid}`;
const pauseMs = 200;

if (!socketPath) throw new Error('ATELIER_HOST_SOCKET names the Unix socket of the server');

const sandbox = await openSandbox();
const facts = await serverFacts(sandbox);
const languages = (['typescript', 'python', 'go'] as const).filter((language) => runs(sandbox, language));
const instances = new InstancePool(
  sandbox,
  role === 'cells' ? 'learner' : 'grading',
  role === 'cells' ? warmth() : 1,
);
const kernels = new KernelPool(
  sandbox,
  Object.fromEntries(languages.map((language) => [language, warmKernels(language)])),
);
let socket: Socket | null = null;

const line: Line = {
  tell: (event) => socket === null || socket.destroyed || socket.write(encode(event)),
  drained: () =>
    new Promise((resolve) => {
      if (!socket?.writableNeedDrain) return resolve();
      socket.once('drain', resolve).once('close', resolve);
    }),
};
const parts = {
  sandbox,
  instances,
  kernels,
  commands: facts.commands,
  redisVersion: facts.redis.version,
  states: process.env.ATELIER_STATES ? new SavedStates(process.env.ATELIER_STATES) : null,
  ...line,
};
const room: Room = role === 'cells' ? new CellRoom(parts) : new GradingRoom(parts);

function runs({ programs }: Sandbox, language: Language): boolean {
  const needed: Program[] = language === 'go' ? ['go', 'go-compiler'] : [language];
  return needed.every((program) => programs.includes(program));
}

/** As many clicks as may come together, within what the machine can boot in a second. */
function warmth(): number {
  return Math.max(2, Math.min(4, availableParallelism()));
}

function warmKernels(language: Language): number {
  if (language === 'go') return 0;
  if (role === 'grading') return 2;
  return language === 'typescript' ? warmth() : 1;
}

async function status(): Promise<HostStatus> {
  return {
    redis: facts.redis,
    walls: await sandbox.walls(),
    sessions: room.sessions,
    instances: room.instances + instances.warm,
    kernels: kernels.counts,
    languages,
  };
}

async function ask(request: HostRequest): Promise<void> {
  if (request.type === 'status')
    line.tell({ type: 'status', request: request.request, status: await status() });
  else await room.ask(request);
}

function refuse(request: HostRequest, error: unknown): void {
  const detail = error instanceof Error ? error.message : String(error);
  const code =
    error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : 'host-failed';
  const data = error instanceof RequestError ? error.data : { detail: detail.slice(0, 500) };
  const names = {
    ...('session' in request && { session: request.session }),
    ...('run' in request && { run: request.run }),
    ...('attempt' in request && { attempt: request.attempt }),
    ...('request' in request && typeof request.request === 'string' && { request: request.request }),
  };
  line.tell({ type: 'refused', ...names, code, data });
}

function attend(): void {
  const decode = decoder<HostRequest>();
  const stream = connect(socketPath);
  stream.on('connect', () => {
    socket = stream;
    line.tell({ type: 'hello', host: name, pid: process.pid, role });
    line.tell({ type: 'commands', commands: facts.help });
  });
  stream.on('data', (chunk) => {
    for (const request of decode(chunk)) ask(request).catch((error: unknown) => refuse(request, error));
  });
  stream.on('error', () => {});
  stream.on('close', () => {
    const wasOpen = socket === stream;
    socket = null;
    if (ending) return;
    void (wasOpen ? room.clear() : Promise.resolve()).finally(() => setTimeout(attend, pauseMs));
  });
}

let ending = false;
async function end(): Promise<void> {
  if (ending) return;
  ending = true;
  socket?.destroy();
  await Promise.allSettled([room.clear(), instances.close(), kernels.close()]);
  await sandbox.close();
  process.exit(0);
}

process.on('SIGTERM', () => void end());
process.on('SIGINT', () => void end());
process.on('disconnect', () => void end());
attend();

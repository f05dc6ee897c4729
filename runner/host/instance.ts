/**
 * One learner's Redis Stack, in its own box: started, seeded, watched over while it is used, frozen
 * when idle, and killed. Its learner may kill it too, or make it hang: that is a normal event.
 */
import { Redis } from 'ioredis';
import {
  memoryBeyondKeys,
  newAdminPassword,
  redisConfiguration,
  type Box,
  type RedisSetting,
  type Sandbox,
} from '../../sandbox/run.ts';
import { guard } from './guarded.ts';
import { Heartbeat } from './heartbeat.ts';
import type { InstanceLoss, InstanceNeeds } from './protocol.ts';
import { copyState } from './saved-states.ts';
import { plant } from './seed.ts';
import { CommandTable } from './tap/command-table.ts';
import { OwnCommands } from './tap/own-commands.ts';

/** The instance could not be started; what the box said last is in the message. */
export class InstanceError extends Error {
  override name = 'InstanceError';
}

/** Three connections are the host's own: the admin's, that of key events, and one to save by. */
const ownConnections = 3;
const disk = 16;
const startPatience = 5000;
const reconnectAfter = 3;
const cutOffPatience = 2500;
const mostCuts = 20;
/** Redis may grow to this beyond its box's limit of keys; see `memoryBeyondKeys`. */
const lastWords = 4096;

/** One table for each sandbox: its instances all run the same server. */
const tables = new WeakMap<Sandbox, Promise<CommandTable>>();

/** One Redis Stack. Made by `startInstance`. */
export class Instance {
  readonly box: Box;
  readonly socket: string;
  /** The host's own connection, with every right. */
  readonly admin: Redis;
  /** Which commands the server knows, and where their keys are. */
  readonly commands: CommandTable;
  /** What the host itself has sent, for taps to leave out of MONITOR and INFO. */
  readonly hidden: OwnCommands;
  /** Resolves when the instance is gone, with what it took along; by `close()` too. */
  readonly lost: Promise<InstanceLoss>;
  readonly #heartbeat: Heartbeat;
  readonly #lose: (loss: InstanceLoss) => void;
  #needs: InstanceNeeds;
  #loss: InstanceLoss | null = null;
  #users = 0;
  #frozen = false;
  #connected = true;
  /** When our connection was cut, lately: a server that is its learner's may do it for ever. */
  #cuts: number[] = [];

  constructor(parts: {
    box: Box;
    socket: string;
    admin: Redis;
    commands: CommandTable;
    hidden: OwnCommands;
    needs: InstanceNeeds;
    said: () => string;
  }) {
    const { box, socket, admin, commands, hidden, needs, said } = parts;
    this.box = box;
    this.socket = socket;
    this.admin = admin;
    this.commands = commands;
    this.hidden = hidden;
    this.#needs = needs;
    const { promise, resolve } = Promise.withResolvers<InstanceLoss>();
    this.lost = promise;
    this.#lose = resolve;
    this.#heartbeat = new Heartbeat(admin, box, () => void this.#die('hang'));
    admin.on('ready', () => (this.#connected = true));
    admin.on('close', () => this.#cutOff());
    void box.exited.then(({ reason, together }) => {
      const outOfMemory = reason === 'memory' || said().includes('Out Of Memory');
      return this.#gone(outOfMemory ? 'memory' : 'crash', together !== undefined);
    });
  }

  /** Why it died, once it has. */
  loss(): InstanceLoss | null {
    return this.#loss;
  }

  get frozen(): boolean {
    return this.#frozen;
  }

  /** How many keys there were at the last heartbeat; null before the first. */
  get keys(): number | null {
    return this.#heartbeat.keys;
  }

  /** Fills it as its learner would. Throws a SeedError that names the line. */
  async seed(commands: string): Promise<void> {
    await plant(this.socket, commands);
  }

  /** Says that something of the learner runs on it, until the function it returns is called. */
  use(): () => void {
    if (this.#users++ === 0) {
      this.#set('hz', '10');
      this.#heartbeat.start();
    }
    let used = true;
    return () => {
      if (!used) return;
      used = false;
      if (--this.#users > 0 || this.#loss) return;
      this.#heartbeat.stop();
      this.#set('hz', '1');
    };
  }

  /** Stops its processor time; a frozen instance answers nobody. */
  async freeze(): Promise<void> {
    if (this.#frozen || this.#loss || this.#users > 0) return;
    this.#frozen = true;
    await this.box.freeze();
  }

  /** Gives it back, and makes sure that it answers. */
  async thaw(): Promise<void> {
    if (!this.#frozen || this.#loss) return;
    await this.box.thaw();
    this.#frozen = false;
    if (!(await this.#heartbeat.beat())) await this.#die('hang');
  }

  /** Applies what a lesson declares, as far as a running server can; its memory may only be lower. */
  async adapt(needs: InstanceNeeds): Promise<void> {
    const before = this.#needs;
    this.#needs = needs;
    const changes: [string, string][] = [];
    if (needs.memory !== before.memory) changes.push(['maxmemory', `${needs.memory}mb`]);
    if (needs.policy !== before.policy) changes.push(['maxmemory-policy', needs.policy]);
    if (needs.clients !== before.clients) changes.push(['maxclients', `${needs.clients + ownConnections}`]);
    if (needs.notify !== before.notify) changes.push(['notify-keyspace-events', notified(needs.notify)]);
    if (needs.slowlog !== before.slowlog) changes.push(['slowlog-log-slower-than', `${needs.slowlog}`]);
    if (changes.length > 0) await this.admin.call('CONFIG', 'SET', ...changes.flat());
  }

  /** A copy of all that it holds, to begin another instance with; a RangeError when it is more than `most` bytes. */
  async copy(most?: number): Promise<Buffer> {
    return copyState(this.socket, this.admin, most);
  }

  /** How many changes its data have seen; the same number twice means that nothing changed. */
  async changes(): Promise<number> {
    return Number(/^rdb_changes_since_last_save:(\d+)/m.exec(await this.admin.info('persistence'))?.[1]);
  }

  /** One more connection with the host's rights; made again when the learner kills it, not when the instance dies. */
  anotherConnection(): Redis {
    const connection = guard(
      this.admin.duplicate({ retryStrategy: () => (this.#loss ? null : reconnectAfter) }),
    );
    this.hidden.follow(connection);
    connection.on('error', () => {});
    return connection;
  }

  /** Turns the events of new keys on or off; the others stay. */
  tellNewKeys(on: boolean): void {
    const notify = notified(this.#needs.notify);
    this.#set(
      'notify-keyspace-events',
      on || this.#needs.notify.includes('n') ? notify : notify.replace('n', ''),
    );
  }

  /** Kills it. `cause` is what its learner is told, if they are. */
  async close(cause: 'reset' | 'idle' = 'reset'): Promise<void> {
    await this.#die(cause);
  }

  /** A learner may kill our connection (CLIENT KILL): it is made again, and without it there is no hold on the instance. */
  #cutOff(): void {
    if (this.#loss || !this.#connected) return;
    this.#connected = false;
    const now = performance.now();
    this.#cuts = [...this.#cuts.filter((at) => now - at < cutOffPatience), now];
    if (this.#cuts.length > mostCuts) return void this.#die('hang');
    const late = setTimeout(() => {
      if (this.admin.status !== 'ready') void this.#die('hang');
    }, cutOffPatience);
    late.unref();
  }

  #set(name: string, value: string): void {
    if (!this.#loss) this.admin.config('SET', name, value).catch(() => {});
  }

  async #die(cause: InstanceLoss['cause']): Promise<void> {
    this.#gone(cause);
    await this.box.kill();
  }

  #gone(cause: InstanceLoss['cause'], together = false): void {
    if (this.#loss) return;
    this.#loss = { cause, keysLost: this.#heartbeat.keys, ...(together && { together }) };
    this.#heartbeat.stop();
    // While it waits to connect again, disconnect() would leave what is queued without an answer.
    this.admin.options.retryStrategy = () => null;
    if (this.admin.status !== 'reconnecting') this.admin.disconnect();
    this.#lose(this.#loss);
  }
}

/**
 * Starts an instance in a box of its own: configured, sealed, with the host's connection first. One
 * that begins with a saved state has room for it beside its keys.
 */
export async function startInstance(
  sandbox: Sandbox,
  needs: InstanceNeeds,
  role: RedisSetting['role'],
  { state = null, owner }: { state?: Buffer | null; owner?: string } = {},
): Promise<Instance> {
  const room = Math.ceil((state?.length ?? 0) / 1024 / 1024);
  const box = await sandbox.start({
    program: 'redis',
    memory: needs.memory + memoryBeyondKeys + room,
    disk: disk + room,
    ...(state && { state: true }),
    owner,
  });
  box.state?.on('error', () => {});
  if (state) box.state?.end(state);
  const said = listen(box);
  const socket = box.redisSocket!;
  const adminPassword = newAdminPassword();
  const admin = new Redis({
    path: socket,
    username: 'admin',
    password: adminPassword,
    enableReadyCheck: false,
    maxRetriesPerRequest: null,
    retryStrategy: () => reconnectAfter,
  });
  guard(admin);
  const hidden = new OwnCommands();
  hidden.follow(admin);
  let refusal = '';
  admin.on('error', (error) => (refusal = error.message));
  try {
    box.control.on('error', () => {});
    box.control.end(
      redisConfiguration({
        ...needs,
        clients: needs.clients + ownConnections,
        notify: role === 'learner' ? notified(needs.notify) : needs.notify,
        role,
        modules: [...sandbox.redisModules],
        adminPassword,
      }),
    );
    await answered(admin, box, () => `${refusal} ${said()}`);
    await box.seal();
    await admin.config('SET', 'hz', '1');
    await introduce(admin);
    admin.on('ready', () => void introduce(admin).catch(() => {}));
    const commands = await commandTable(sandbox, admin);
    return new Instance({ box, socket, admin, commands, hidden, needs, said });
  } catch (error) {
    admin.disconnect();
    await box.kill();
    throw error;
  }
}

/** What our own connection says of itself, each time it is made. */
async function introduce(admin: Redis): Promise<void> {
  const own = admin.pipeline().client('NO-EVICT', 'ON');
  own.call('CLIENT', 'NO-TOUCH', 'ON');
  own.call('CLIENT', 'SETNAME', 'atelier');
  await own.exec();
}

/** The events the host itself needs beside those that a lesson declares: expired, evicted and new keys. */
function notified(lesson: string): string {
  return [...new Set(`${lesson}Exen`)].join('');
}

/** Resolves at the first PONG; rejects when the box ends first, or never answers. */
async function answered(admin: Redis, box: Box, said: () => string): Promise<void> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(
    () => late.reject(new InstanceError(`redis does not answer: ${said()}`)),
    startPatience,
  );
  const ended = box.exited.then(({ reason, code }) => {
    throw new InstanceError(`redis ended at its start (${reason}, ${code}): ${said()}`);
  });
  try {
    await Promise.race([admin.ping(), ended, late.promise]);
  } finally {
    clearTimeout(timer);
    ended.catch(() => {});
  }
}

async function commandTable(sandbox: Sandbox, admin: Redis): Promise<CommandTable> {
  const known = tables.get(sandbox);
  if (known) return known;
  const loaded = admin.call('COMMAND').then((reply) => new CommandTable(reply));
  tables.set(sandbox, loaded);
  loaded.catch(() => tables.delete(sandbox));
  return loaded;
}

/** Reads what the box prints, so that it can go on, and keeps the end of it. */
function listen(box: Box): () => string {
  let text = '';
  for (const stream of [box.stdout, box.stderr]) {
    stream.on('error', () => {});
    stream.on('data', (chunk: Buffer) => (text = (text + chunk.toString('latin1')).slice(-lastWords)));
  }
  return () => text.trim();
}

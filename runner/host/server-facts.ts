import type { Redis } from 'ioredis';
import type { Sandbox } from '../../sandbox/run.ts';
import { defaultNeeds } from './instance-pool.ts';
import { commandHelp } from './command-help.ts';
import { startInstance } from './instance.ts';
import type { CommandHelp, HostStatus } from './protocol.ts';
import type { CommandTable } from './tap/command-table.ts';

/** What is the same of every instance of a host. */
export interface ServerFacts {
  redis: HostStatus['redis'];
  commands: CommandTable;
  help: CommandHelp[];
}

/** Asks one instance, started for that and killed. */
export async function serverFacts(sandbox: Sandbox): Promise<ServerFacts> {
  const instance = await startInstance(sandbox, defaultNeeds, 'learner');
  try {
    const { admin, commands } = instance;
    const [redis, docs, all] = await Promise.all([
      described(admin),
      admin.call('COMMAND', 'DOCS'),
      admin.call('COMMAND'),
    ]);
    return { redis, commands, help: commandHelp(docs, all) };
  } finally {
    await instance.close();
  }
}

async function described(admin: Redis): Promise<HostStatus['redis']> {
  const [info, modules] = await Promise.all([admin.info('server'), admin.call('MODULE', 'LIST')]);
  const version = /^redis_version:(\S+)/m.exec(info)?.[1] ?? '?';
  return { version, modules: Array.isArray(modules) ? modules.map(moduleOf) : [] };
}

/** `name`, its value, `ver`, its value, …: one module of MODULE LIST. */
function moduleOf(module: unknown): { name: string; version: string } {
  const fields = Array.isArray(module) ? module.map(String) : [];
  const field = (name: string) => fields[fields.indexOf(name) + 1] ?? '';
  return { name: field('name'), version: numbered(field('ver')) };
}

/** A module says 21005 for 2.10.5. */
function numbered(version: string): string {
  const number = Number(version);
  return `${Math.floor(number / 10_000)}.${Math.floor(number / 100) % 100}.${number % 100}`;
}

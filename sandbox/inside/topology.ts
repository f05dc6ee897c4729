/**
 * Several Redis servers and sentinels in one box. Reads `TopologyRequest` lines on descriptor 3, starts
 * each node with its configuration in a folder of its own, and says when one ends. It knows nothing of
 * replication or slots: the configurations do, and what it says is believed no more than any box's word.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { Socket } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { TopologyFrame, TopologyRequest } from '../run.ts';
import { Front } from './front.ts';

const mostWords = 2000;
const control = new Socket({ fd: 3 });
const nodes = new Map<number, ChildProcess>();
const fronts = new Map<number, Front>();

function start({ port, inner, life, sentinel, config, files }: TopologyRequest & { op: 'start' }): void {
  if (inner !== undefined && !fronts.has(port)) fronts.set(port, new Front(port, inner));
  const folder = `/tmp/${port}`;
  mkdirSync(folder, { recursive: true });
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  const file = join(folder, 'redis.conf');
  const socket = `unixsocket /socket/${port}.${life}.sock\n`;
  writeFileSync(file, `port ${inner ?? port}\nbind 127.0.0.1\ndir ${folder}\n${socket}${config}`);
  const node = spawn('/bin/redis-server', [file, ...(sentinel ? ['--sentinel'] : [])], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  nodes.set(port, node);
  let said = '';
  for (const stream of [node.stdout, node.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => (said = (said + text).slice(-mostWords)));
  }
  node.on('exit', () => fronts.get(port)?.ended());
  node.on('close', () => say({ type: 'ended', port, life, said }));
}

/** A process that is sent a SIGSTOP runs nothing more of its own: told after that, « stopped » is true. */
function signal({ port, life, signal: sent }: TopologyRequest & { op: 'signal' }): void {
  nodes.get(port)?.kill(sent);
  if (sent === 'SIGSTOP') say({ type: 'stopped', port, life });
}

/** Told after that, « linked » is true of whatever the nodes say next. */
function link({ port, life, ms }: TopologyRequest & { op: 'link' }): void {
  fronts.get(port)?.set(ms);
  say({ type: 'linked', port, life });
}

function say(frame: TopologyFrame): void {
  control.write(`${JSON.stringify(frame)}\n`);
}

createInterface({ input: control }).on('line', (line) => {
  const request: TopologyRequest = JSON.parse(line);
  if (request.op === 'start') start(request);
  else if (request.op === 'signal') signal(request);
  else link(request);
});
control.on('close', () => process.exit());
control.on('error', () => process.exit());

/**
 * Compiles Go programs of one learner, one after the other: source in, binary or errors out.
 *
 * On descriptor 3, each message is its length (4 bytes, big-endian), its kind (1 byte) and its bytes:
 * a source of a program or of an answer to a lab comes in, a binary or the compiler's words go out.
 * compile and link are run directly on archives made in advance (prepare.sh): `go build` would take
 * seconds. Whatever is sent may be the learner's own words; the host takes a binary for what it is.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { Socket } from 'node:net';
import { ANSWER, BINARY, ERRORS, message, messages, READY } from './messages.ts';

const TOOLS = '/go/toolchain/pkg/tool/linux_amd64';
const IMPORTS = '/go/archives/importcfg';
/** What the compiler says at most: the first error is the one that matters. */
const MOST_ERRORS = 64 * 1024;

const control = new Socket({ fd: 3, readable: true, writable: true });
let turn = Promise.resolve();

messages(control, (kind, bytes) => {
  turn = turn.then(() => build(kind, bytes.toString('utf8')));
});
control.on('close', () => process.exit());
control.on('error', () => process.exit());
control.write(message(READY, Buffer.alloc(0)));

async function build(kind: number, source: string): Promise<void> {
  const name = kind === ANSWER ? 'answer.go' : 'main.go';
  writeFileSync(name, source);
  writeFileSync(
    'linked.go',
    kind === ANSWER ? answerMain(source) : 'package main\n\nimport _ "atelier/opener"\n',
  );
  const errors =
    (await run('compile', [...COMPILE, name, 'linked.go'])) ?? (await run('link', [...LINK, 'main.a']));
  if (errors === null) control.write(message(BINARY, readFileSync('program')));
  else control.write(message(ERRORS, Buffer.from(errors)));
  for (const file of [name, 'linked.go', 'main.a', 'program']) rmSync(file, { force: true });
}

// Inlining go-redis' generics would cost a second; debugging information is for nobody here.
const COMPILE = ['-o', 'main.a', '-p', 'main', '-complete', '-pack', '-l', '-dwarf=false', '-trimpath', '/tmp', '-importcfg', IMPORTS]; // prettier-ignore
const LINK = ['-o', 'program', '-buildmode=exe', '-s', '-w', '-importcfg', IMPORTS];

/** Runs one of Go's tools; its words when it fails, null when it does not. */
async function run(tool: string, options: string[]): Promise<string | null> {
  const child = spawn(`${TOOLS}/${tool}`, options, { stdio: ['ignore', 'pipe', 'pipe'] });
  let words = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => (words = (words + text).slice(0, MOST_ERRORS)));
  const [code, signal] = (await once(child, 'close')) as [number | null, string | null];
  return code === 0 ? null : words || `${tool}: ${signal ?? code}`;
}

/** The program around an answer: its functions by their names. Go needs them said; a line is enough to find one. */
function answerMain(source: string): string {
  const names = [...source.matchAll(/^func ([\p{L}_][\p{L}\p{N}_]*)\(/gmu)].map(([, name]) => name);
  const handlers = names.filter((name) => name !== 'main' && name !== 'init' && name !== '_');
  const entries = handlers.map((name) => `"${name}": ${name}`).join(', ');
  return `package main

import (
	"atelier/answer"
	_ "atelier/opener"
)

func main() { answer.Serve(map[string]any{${entries}}) }
`;
}

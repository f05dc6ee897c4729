import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runCode } from './experiment.ts';
import { openSandbox } from './run.ts';
import {
  auditArch,
  judged,
  machineOf,
  refused,
  seccompBytes,
  seccompFilter,
  type Machine,
  type SystemCall,
} from './seccomp.ts';

const allow = 0x7fff0000;
const kill = 0x80000000;
const error = (code: number): number => 0x50000 | code;

/** What the kernel's interpreter would answer; throws where the kernel would not load the program. */
function simulate(machine: Machine, call: Partial<SystemCall>): number {
  const { arch = auditArch[machine], number = 0, args = [] } = call;
  const data = Buffer.alloc(64);
  data.writeUInt32LE(number, 0);
  data.writeUInt32LE(arch, 4);
  args.forEach((value, index) => data.writeBigUInt64LE(BigInt(value), 16 + index * 8));
  const program = seccompFilter(machine);
  let register = 0;
  for (let at = 0; ; at++) {
    const [code, yes, no, operand] = program[at];
    if (code === 0x20) register = data.readUInt32LE(operand);
    else if (code === 0x15) at += register === operand ? yes : no;
    else if (code === 0x35) at += register >= operand ? yes : no;
    else if (code === 0x45) at += (register & operand) !== 0 ? yes : no;
    else if (code === 0x06) return operand;
    else throw new Error(`unknown instruction ${code} at ${at}`);
  }
}

const machines = { x64: 0, arm64: 1 } as const;

for (const [machine, column] of Object.entries(machines) as [Machine, 0 | 1][]) {
  test(`${machine}: every call of the list is refused, its neighbours are not`, () => {
    const numbers = Object.values(refused).flatMap((pair) => pair[column] ?? []);
    const special = Object.values(judged).map((pair) => pair[column]);
    for (let number = 0; number < 500; number++) {
      if (special.includes(number)) continue;
      const expected = numbers.includes(number) ? error(1) : allow;
      assert.equal(simulate(machine, { number }), expected, `${machine} call ${number}`);
    }
  });

  test(`${machine}: clone may make threads and processes, not namespaces`, () => {
    const number = judged.clone[column];
    assert.equal(simulate(machine, { number, args: [0x3d0f00] }), allow);
    assert.equal(simulate(machine, { number, args: [17] }), allow);
    for (const flag of [0x20000, 0x2000000, 0x4000000, 0x8000000, 0x10000000, 0x20000000, 0x40000000]) {
      assert.equal(simulate(machine, { number, args: [flag | 17] }), error(1), flag.toString(16));
    }
    assert.equal(simulate(machine, { number: judged.clone3[column] }), error(38));
  });

  test(`${machine}: sockets are Unix or IP`, () => {
    const number = judged.socket[column];
    for (let family = 0; family < 50; family++) {
      const expected = [1, 2, 10].includes(family) ? allow : error(97);
      assert.equal(simulate(machine, { number, args: [family] }), expected, `family ${family}`);
    }
  });

  test(`${machine}: an ioctl types into no terminal`, () => {
    const number = judged.ioctl[column];
    assert.equal(simulate(machine, { number, args: [0, 0x5412] }), error(1));
    // The kernel reads 32 bits of the request: what is above them must not hide it.
    assert.equal(simulate(machine, { number, args: [0, 0x100005412] }), error(1));
    assert.equal(simulate(machine, { number, args: [0, 0x541c] }), error(1));
    assert.equal(simulate(machine, { number, args: [0, 0x5413] }), allow);
  });

  test(`${machine}: locks are granted and do nothing, events of files are refused, the rest of fcntl passes`, () => {
    const number = judged.fcntl[column];
    for (const command of [6, 7, 37, 38])
      assert.equal(simulate(machine, { number, args: [0, command] }), error(0));
    for (const command of [1024, 1026])
      assert.equal(simulate(machine, { number, args: [0, command] }), error(1));
    for (const command of [0, 1, 2, 3, 4, 5, 36, 1030, 1031])
      assert.equal(simulate(machine, { number, args: [0, command] }), allow, `${command}`);
    assert.equal(simulate(machine, { number: judged.flock[column] }), error(0));
  });

  test(`${machine}: another machine's calls kill`, () => {
    for (const arch of [0x40000003, 0x40000028, machine === 'x64' ? auditArch.arm64 : auditArch.x64]) {
      assert.equal(simulate(machine, { arch, number: 1 }), kill);
    }
  });

  test(`${machine}: the bytes are those of the program, and few enough for the kernel`, () => {
    const program = seccompFilter(machine);
    const bytes = seccompBytes(machine);
    assert.ok(program.length < 4096);
    assert.equal(bytes.length, program.length * 8);
    assert.equal(bytes.readUInt32LE(12), auditArch[machine]);
    for (const [, yes, no] of program) assert.ok(yes < 256 && no < 256);
  });
}

test('x86_64: the x32 table of calls does not exist', () => {
  assert.equal(simulate('x64', { number: 0x40000000 + 101 }), error(38));
});

test('a real box refuses every call of the list, made as raw system calls', async (context) => {
  const sandbox = await openSandbox();
  context.after(() => sandbox.close());
  const box = await sandbox.start({ program: 'python', memory: 128, disk: 1 });
  const column = machines[machineOf(process.arch)];
  const calls = Object.entries(refused).filter(([, pair]) => pair[column] !== null);
  const asked = [
    ...calls.map(([name, pair]) => [name, pair[column], 0, 0]),
    ['clone3', judged.clone3[column], 0, 0],
    ['clone into a user namespace', judged.clone[column], 0x10000000, 0],
    ...[16, 17, 38, 40].map((family) => [`socket family ${family}`, judged.socket[column], family, 3]),
    ['ioctl TIOCSTI', judged.ioctl[column], 0, 0x5412],
  ];
  const { text, ...rest } = await runCode(
    box,
    `import ctypes, json
libc = ctypes.CDLL(None, use_errno=True)
def attempt(number, first, second):
    ctypes.set_errno(0)
    returned = libc.syscall(*[ctypes.c_long(word) for word in (number, first, second, 0, 0, 0)])
    return ctypes.get_errno() if returned == -1 else 0
print(json.dumps({name: attempt(number, first, second) for name, number, first, second in json.loads('${JSON.stringify(asked)}')}))`,
  );
  assert.equal(rest.ended, 'done', JSON.stringify(rest));
  const answers: Record<string, number> = JSON.parse(text);
  const expected = Object.fromEntries(
    asked.map(([name]) => [name, name === 'clone3' ? 38 : String(name).startsWith('socket') ? 97 : 1]),
  );
  assert.deepEqual(answers, expected);
});

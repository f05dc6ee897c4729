import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  Failure,
  isFailure,
  type Answer,
  type Faults,
  type Keys,
  type Powers,
  type Process,
  type Random,
} from '../../../labs/kit.ts';
import type { Fault } from '../tap/fault.ts';
import type { Tap } from '../tap/tap.ts';
import type { Topology } from '../topology.ts';
import { nodesOf } from './nodes.ts';
import type { AnswerProcess } from './process.ts';
import { grow } from './growth.ts';
import { openLoop } from './open-loop.ts';
import { explore, type Hold } from './race.ts';
import { pause } from './traffic.ts';

/** What the powers of one check act on. */
export interface Stage {
  /** The two processes of now; `restart` replaces them. */
  processes(): readonly [AnswerProcess, AnswerProcess];
  restart(): Promise<void>;
  keys: Keys;
  hold: Hold;
  handlers: readonly string[];
  /** Told that the wire of the first process was tampered with. */
  faulted: () => void;
  topology: Topology | null;
  /** Told that the topology was. */
  broken: () => void;
}

/** How often a story that must be over in time is told, each time with twice the time. */
const TRIES = 6;
/** How much of its time a story may take: what is left is for what it could not see of Redis' clock. */
const SHARE = 0.8;

/** The powers of one check; `random` is the check's own. */
export function powersOn(stage: Stage, random: Random): Powers<Answer> {
  const taps = (): [Tap, Tap] => {
    const [learner, other] = stage.processes();
    return [learner.tap, other.tap];
  };
  const measure = async (story: () => Promise<void>) => {
    const recordings = stage.processes().flatMap(({ taps: ways }) => ways.map((tap) => tap.record()));
    await story();
    const sum = (count: (recording: (typeof recordings)[number]) => number) =>
      recordings.reduce((total, recording) => total + count(recording), 0);
    const seen = {
      roundTrips: sum(({ roundTrips }) => roundTrips),
      commands: sum(({ commands }) => commands),
      bytes: sum(({ bytesIn, bytesOut }) => bytesIn + bytesOut),
      names: recordings.flatMap(({ list }) => list.map(({ name }) => name)),
    };
    for (const recording of recordings) recording.end();
    return seen;
  };
  return {
    learner: handlersOf(stage, 0, random),
    other: handlersOf(stage, 1, random),
    keys: stage.keys,
    random,
    restart: () => stage.restart(),
    race: (race) => explore(race, taps, stage.hold),
    within,
    wait: async (ms) => await sleep(ms),
    now: () => performance.now(),
    measure,
    growth: (growth) => grow(growth, stage.keys, measure),
    load: (load) =>
      openLoop(
        load,
        ({ op, args }) => stage.processes()[0].call(op, args),
        () => stage.keys.command('PING'),
        random,
      ),
    faults: faultsOn(() => stage.processes()[0].taps, stage.faulted),
    nodes: nodesOf(stage.topology, stage.broken),
  };
}

function handlersOf(stage: Stage, place: 0 | 1, random: Random): Process<Answer> {
  const handler =
    (op: string) =>
    async (...args: unknown[]) => {
      await pause(random);
      return (await stage.processes()[place].call(op, args)).value;
    };
  return Object.fromEntries(stage.handlers.map((op) => [op, handler(op)]));
}

async function within<Value>(ms: number, story: (ms: number) => Promise<Value>): Promise<Value> {
  for (let attempt = 0, time = ms; attempt < TRIES; attempt++, time *= 2) {
    const began = performance.now();
    const inTime = () => performance.now() - began < time * SHARE;
    try {
      const value = await story(time);
      if (inTime()) return value;
    } catch (error) {
      if (!isFailure(error) || inTime()) throw error;
    }
  }
  throw new Failure('too-slow-to-check', { ms: ms * 2 ** (TRIES - 1) });
}

/** The faults of the learner's first process; the other one is spared. */
function faultsOn(taps: () => readonly Tap[], faulted: () => void): Faults {
  const set = async (fault: Fault | null) => {
    faulted();
    await Promise.all(taps().map((tap) => tap.strike(fault)));
  };
  return {
    async refuse() {
      await set({ kind: 'refuse' });
    },
    async cutBefore(k) {
      await set({ kind: 'cut', when: 'before', at: k, times: 1 });
    },
    async cutAfter(k) {
      await set({ kind: 'cut', when: 'after', at: k, times: 1 });
    },
    async halfReply(k) {
      await set({ kind: 'cut', when: 'half-reply', at: k, times: 1 });
    },
    async stall() {
      await set({ kind: 'stall', at: 1, ms: null });
    },
    async answer(refusal) {
      await set({ kind: 'answer', refusal, at: 1, times: null });
    },
    async heal() {
      await set(null);
    },
  };
}

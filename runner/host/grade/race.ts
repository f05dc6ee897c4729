/**
 * Races: every schedule of two short sequences of commands in which one side, or the checker, acts
 * between two commands of the other, run on the real server by the tap's hold.
 *
 * The two sides are the learner's two processes. First each is stopped once, after its first, second, …
 * command, while the other goes through; then the other is stopped too. That finds lost updates, double
 * grants and locks released by the wrong owner; a lock that keeps the other side out blocks a schedule,
 * which is right, and the property must still hold.
 */
import { Failure, type Moment, type Race } from '../../../labs/kit.ts';
import type { Command } from '../tap/command.ts';
import type { Schedule, ScheduleResult, Turn } from '../tap/hold.ts';
import type { Tap } from '../tap/tap.ts';
import { AttemptEnded } from './process.ts';

/** Puts the commands of these taps in this order until it is ended. */
export type Hold = (taps: readonly Tap[], turns: readonly Turn[]) => Schedule;

const MOST_COMMANDS = 12;
const MOST_SCHEDULES = 40;
const TRIES = 3;

/** Runs every schedule of a race; fails with the first that breaks the property, drawn. */
export async function explore<Scene, First, Meanwhile>(
  race: Race<Scene, First, Meanwhile>,
  taps: () => readonly [Tap, Tap],
  hold: Hold,
): Promise<void> {
  const run = (turns: Turn[]) => runSchedule(race, taps(), hold, turns);
  const alone = race.event !== undefined;
  const lengths: [number, number] = [0, 0];
  for (const side of alone ? [0] : [0, 1]) {
    for (let stop = 1; stop <= MOST_COMMANDS; stop++) {
      const timeline = await run(once(side, stop));
      const length = timeline.filter(({ process }) => process === side).length;
      lengths[side] = Math.max(lengths[side]!, length);
      if (length <= stop) break;
    }
  }
  if (alone) return;
  let schedules = 0;
  for (let stop = 1; stop < lengths[0]; stop++) {
    for (let other = 1; other < lengths[1] && schedules++ < MOST_SCHEDULES; other++)
      await run(twice(stop, other));
  }
}

/** One side stops after so many commands, and the other goes through. */
function once(side: number, stop: number): Turn[] {
  return [
    { process: side, commands: stop },
    { process: 1 - side, commands: 'call' },
    { process: side, commands: 'call' },
  ];
}

/** Both sides stop, then end in the order they began. */
function twice(stop: number, other: number): Turn[] {
  return [
    { process: 0, commands: stop },
    { process: 1, commands: other },
    { process: 0, commands: 'call' },
    { process: 1, commands: 'call' },
  ];
}

async function runSchedule<Scene, First, Meanwhile>(
  race: Race<Scene, First, Meanwhile>,
  taps: readonly [Tap, Tap],
  hold: Hold,
  turns: Turn[],
): Promise<ScheduleResult['timeline']> {
  for (let attempt = 1; ; attempt++) {
    const scene = await race.arrange();
    const began = performance.now();
    const reached = race.event === undefined ? null : afterCommands(taps[0], turns[0]!.commands as number);
    const schedule = hold(taps, turns);
    const first = race.first(scene).finally(() => schedule.finished(0));
    const opening = reached ? Promise.race([reached.promise, first.then(noop, noop)]) : Promise.resolve();
    const actedAt = opening.then(() => performance.now() - began);
    const meanwhile = opening.then(() => race.meanwhile(scene)).finally(() => schedule.finished(1));
    const both = Promise.allSettled([first, meanwhile]);
    const stalled = await Promise.race([both.then(() => false), schedule.stalled.then(() => true)]);
    reached?.stop();
    const result = schedule.end();
    if (stalled || result.outcome === 'stalled') {
      if (attempt < TRIES) {
        await both;
        continue;
      }
      throw new AttemptEnded({ class: 'platform', code: 'race-stalled', data: {} });
    }
    const [firstEnd, meanwhileEnd] = await both;
    if (result.outcome === 'blocked' && result.why === 'time' && attempt < TRIES) continue;
    try {
      if (firstEnd.status === 'rejected') throw firstEnd.reason;
      if (meanwhileEnd.status === 'rejected') throw meanwhileEnd.reason;
      await race.property(scene, firstEnd.value, meanwhileEnd.value);
    } catch (error) {
      if (error instanceof Failure) error.timeline = drawn(result, race.event, await actedAt);
      throw error;
    }
    return result.timeline;
  }
}

/** Resolves when Redis has executed so many of a process' commands, by the hold's own way of counting. */
function afterCommands(tap: Tap, count: number): { promise: Promise<void>; stop: () => void } {
  let left = count;
  const { promise, resolve } = Promise.withResolvers<void>();
  const stop = tap.observe({
    executed(command) {
      if (scheduled(command) && --left === 0) resolve();
    },
  });
  return { promise, stop };
}

function scheduled(command: Command): boolean {
  return command.keys.length > 0 && !command.queued && !command.reply?.text.includes('NOSCRIPT');
}

/** A schedule as a learner reads it. */
function drawn(result: ScheduleResult, event: string | undefined, actedAtMs: number): Moment[] {
  const moments: Moment[] = result.timeline.map(({ process, command, reply, ms, heldMs }) => ({
    process: process === 0 ? 'A' : 'B',
    command,
    reply,
    ms: Math.round(ms * 10) / 10,
    ...(heldMs > 0 && { held: true }),
  }));
  if (event !== undefined) {
    moments.push({ process: '', command: event, reply: '', ms: Math.round(actedAtMs * 10) / 10 });
  }
  return moments.toSorted((a, b) => a.ms - b.ms);
}

function noop(): void {}

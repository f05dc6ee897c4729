/**
 * Races: every schedule of two short sequences of commands in which one side, or the checker, acts
 * between two commands of the other, run on the real server by the tap's hold.
 *
 * The two sides are the learner's two processes. First each is stopped once, after its first, second, …
 * command, while the other goes through; then the other is stopped too. That finds lost updates, double
 * grants and locks released by the wrong owner; a lock that keeps the other side out blocks a schedule,
 * which is right, and the property must still hold.
 */
import { isFailure, type Moment, type Race } from '../../../labs/kit.ts';
import type { Schedule, ScheduleResult, Turn } from '../tap/hold.ts';
import type { Tap } from '../tap/tap.ts';
import { interrupt } from './interruption.ts';
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
  if (race.event !== undefined) return interruptEverywhere(race, race.event, () => taps()[0]);
  const run = (turns: Turn[]) => runSchedule(race, taps(), hold, turns);
  const lengths = [0, 0];
  for (const side of [0, 1]) {
    for (let stop = 1; stop <= MOST_COMMANDS; stop++) {
      const timeline = await run(once(side, stop));
      lengths[side] = timeline.filter(({ process }) => process === side).length;
      if (lengths[side] <= stop) break;
    }
  }
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
    const schedule = hold(taps, turns);
    const first = race.first(scene).finally(() => schedule.finished(0));
    const meanwhile = race.meanwhile(scene).finally(() => schedule.finished(1));
    const ends = await Promise.allSettled([first, meanwhile]);
    const result = schedule.end();
    const again = attempt < TRIES;
    if (result.outcome === 'stalled' && !again) throw new AttemptEnded(stalled);
    if (result.outcome === 'stalled' || (result.why === 'time' && again)) continue;
    await judge(race, scene, ends, () => drawn(result));
    return result.timeline;
  }
}

/** Holds the first side before its second, third, … command while the checker acts. */
async function interruptEverywhere<Scene, First, Meanwhile>(
  race: Race<Scene, First, Meanwhile>,
  event: string,
  tap: () => Tap,
): Promise<void> {
  const [from, to] = race.early ? [0, 0] : [1, MOST_COMMANDS];
  for (let count = from; count <= to; count++) {
    const scene = await race.arrange();
    const began = performance.now();
    const interruption = interrupt(tap(), count);
    const first = race.first(scene);
    const over = first.then(noop, noop);
    const held = await Promise.race([interruption.held.then(() => true), over.then(() => false)]);
    const ms = Math.round((performance.now() - began) * 10) / 10;
    if (!held) {
      interruption.end();
      await first;
      return;
    }
    const meanwhile = race.meanwhile(scene).finally(() => interruption.release());
    const ends = await Promise.allSettled([first, meanwhile]);
    const moments = interruption.end();
    const drawing = [...moments, { process: '', command: event, reply: '', ms }].toSorted(
      (a, b) => a.ms - b.ms,
    );
    await judge(race, scene, ends, () => drawing);
  }
}

const stalled = { class: 'platform', code: 'race-stalled', data: {} } as const;

/** Fails, with the drawing, when a side threw or the property does not hold. */
async function judge<Scene, First, Meanwhile>(
  race: Race<Scene, First, Meanwhile>,
  scene: Scene,
  [first, meanwhile]: [PromiseSettledResult<First>, PromiseSettledResult<Meanwhile>],
  draw: () => Moment[],
): Promise<void> {
  try {
    if (first.status === 'rejected') throw first.reason;
    if (meanwhile.status === 'rejected') throw meanwhile.reason;
    await race.property(scene, first.value, meanwhile.value);
  } catch (error) {
    if (isFailure(error)) error.timeline = draw();
    throw error;
  }
}

/** A schedule as a learner reads it. */
function drawn(result: ScheduleResult): Moment[] {
  return result.timeline.map(({ process, command, reply, ms, heldMs }) => ({
    process: process === 0 ? 'A' : 'B',
    command,
    reply,
    ms: Math.round(ms * 10) / 10,
    ...(heldMs > 0 && { held: true }),
  }));
}

function noop(): void {}

import type {Program, Step} from './programs/process.ts';
import {NotUnderstood} from './programs/script.ts';
import type {Output, Plan, Rest} from './run.ts';

/** More is forgotten, as logs are rotated. */
const REMEMBERED = 10_000;
/** Without anything happening between them. */
const IDLE_STEPS = 10_000;

/** Plays on what has been played so far. */
export function createRest(program: Program, plan: Plan): Rest {
  const written: Output[] = [];
  let ended = false;
  /** One step further in time. */
  const on = () => {
    const before = plan.time;
    plan.output.length = 0;
    try {
      for (let steps = 0; plan.time === before && !ended; steps++) {
        const next = program.next();
        ended = next.done === true || steps > IDLE_STEPS || !take(plan, next.value);
      }
    } catch (error) {
      if (!(error instanceof NotUnderstood)) throw error;
      ended = true;
    }
    written.push(...plan.output);
    if (written.length > 2 * REMEMBERED) written.splice(0, written.length - REMEMBERED);
  };
  return {
    until(time) {
      while (!ended && plan.time <= time) on();
      return written.filter(({at}) => at <= time);
    },
    next(time) {
      for (let steps = 0; !ended && (written.at(-1)?.at ?? 0) <= time && steps < IDLE_STEPS; steps++) on();
      return written.find(({at}) => at > time)?.at;
    },
  };
}

/** Adds a step to the plan; false: nothing comes after it. */
export function take(plan: Plan, step: Step): boolean {
  if (step.type === 'wait') {
    if (!Number.isFinite(step.time)) return false;
    plan.time += step.time;
  } else if (step.type === 'write') {
    const text = String(step.bytes);
    const last = plan.output.at(-1);
    // What is written in pieces is one line all the same.
    if (last && last.stream === step.stream && last.at === plan.time && !last.text.endsWith('\n'))
      plan.output[plan.output.length - 1] = {...last, text: last.text + text};
    else plan.output.push({at: plan.time, stream: step.stream, text});
    return plan.output.length < REMEMBERED;
  }
  return true;
}

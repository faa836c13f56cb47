import type {ClusterClock} from './clock.ts';

/** Something that can be at rest. */
export interface Restful {
  idle(): boolean;
}

/**
 * Resolves when all parts are idle and no `work` timer is due at the present cluster time (design: "settled"). With `advance` a
 * manual clock is moved to the next `work` timer, and so on until there is none.
 */
export async function settle(parts: readonly Restful[], clock: ClusterClock, advance: boolean): Promise<void> {
  for (;;) {
    await rest(parts, clock);
    if (!advance || clock.nextDue('work') === undefined) return;
    await clock.step('work', () => rest(parts, clock));
  }
}

/** Twice in a row, a turn apart: what one part hands to another may be on its way between them. */
async function rest(parts: readonly Restful[], clock: ClusterClock): Promise<void> {
  for (let quiet = 0; quiet < 2; ) {
    await new Promise(resolve => setImmediate(resolve));
    quiet = isAtRest(parts, clock) ? quiet + 1 : 0;
  }
}

function isAtRest(parts: readonly Restful[], clock: ClusterClock): boolean {
  const due = clock.nextDue('work');
  return parts.every(part => part.idle()) && (due === undefined || due > clock.now());
}

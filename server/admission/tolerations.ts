import type {Toleration} from '../api/kinds.generated.ts';
import {jsonEqual} from '../patch/equal.ts';

/** One that another covers goes; of equal ones the first stays (pkg/util/tolerations). */
export function mergeTolerations(all: readonly Toleration[]): Toleration[] {
  const merged: Toleration[] = [];
  for (const [index, toleration] of all.entries()) {
    const covered = merged.some(kept => covers(kept, toleration));
    const later = all.slice(index + 1).some(other => !jsonEqual(other, toleration) && covers(other, toleration));
    if (!covered && !later) merged.push({...toleration});
  }
  return merged;
}

/** Is everything tolerated by the wide one that the other tolerates? */
export function covers(wide: Toleration, toleration: Toleration): boolean {
  const {key = '', operator, value = '', effect = '', tolerationSeconds} = toleration;
  if (jsonEqual({...wide}, {...toleration})) return true;
  const exists = wide.operator === 'Exists';
  if ((wide.key ?? '') !== key && !(exists && !wide.key)) return false;
  if (wide.effect && wide.effect !== effect) return false;
  const seconds = wide.effect === 'NoExecute' ? wide.tolerationSeconds : undefined;
  if (seconds !== undefined && (tolerationSeconds === undefined || tolerationSeconds > seconds)) return false;
  return exists || (operator === 'Equal' && value === (wide.value ?? ''));
}

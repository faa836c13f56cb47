import type {Taint, Toleration} from '../../server/api/kinds.generated.ts';

/** Whether one of the tolerations covers the taint (k8s.io/component-helpers/scheduling/corev1). */
export const toleratesTaint = (tolerations: readonly Toleration[] | undefined, taint: Taint): boolean =>
  (tolerations ?? []).some(toleration => covers(toleration, taint));

/** The first taint with one of these effects that is not tolerated. */
export const findUntoleratedTaint = (
  taints: readonly Taint[] | undefined,
  tolerations: readonly Toleration[] | undefined,
  effects: readonly string[],
): Taint | undefined => taints?.find(taint => effects.includes(taint.effect) && !toleratesTaint(tolerations, taint));

function covers({effect, key, operator, value}: Toleration, taint: Taint): boolean {
  if (effect && effect !== taint.effect) return false;
  if (key && key !== taint.key) return false;
  if (operator === 'Exists') return true;
  if (operator === 'Lt' || operator === 'Gt') return compares(operator, taint.value, value);
  return (value ?? '') === (taint.value ?? '') && !!key;
}

/** `Lt`: the taint's value is less than the toleration's; both have to be integers. */
function compares(operator: 'Lt' | 'Gt', taint = '', toleration = ''): boolean {
  if (!INTEGER.test(taint) || !INTEGER.test(toleration)) return false;
  return operator === 'Lt' ? BigInt(taint) < BigInt(toleration) : BigInt(taint) > BigInt(toleration);
}

const INTEGER = /^-?(0|[1-9]\d*)$/;

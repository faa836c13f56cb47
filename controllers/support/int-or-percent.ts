/** An IntOrString against a total; percentages round up or down (intstr.GetScaledValueFromIntOrPercent). Bad text counts as 0. */
export function scaledValue(value: number | string | undefined, total: number, roundUp: boolean): number {
  if (value === undefined) return 0;
  if (typeof value === 'number') return value;
  const share = (Number.parseInt(value, 10) * total) / 100;
  if (Number.isNaN(share)) return 0;
  return roundUp ? Math.ceil(share) : Math.floor(share);
}

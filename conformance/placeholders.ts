/**
 * What differs from run to run stands in a recording as `<uid>`, `<rv:1>` and the like. Equal numbers are equal values within a case,
 * different numbers different ones.
 */
const FORMS: {readonly [kind: string]: string} = {
  uid: '[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}',
  rv: '[0-9]+',
  time: '\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\dZ',
  microtime: '\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{6}Z',
  ip: '(?:\\d{1,3}(?:\\.\\d{1,3}){3}|[0-9a-f:]*:[0-9a-f:]+)',
  port: '\\d{2,5}',
  rand: '[bcdfghjklmnpqrstvwxz2456789]{5}',
  hash: '[a-z0-9]+',
  token: '[A-Za-z0-9_\\-=.+/]+',
  age: '(?:\\d+[smhdy])+',
  num: '\\d+',
  any: '[^]*',
};
const PLACEHOLDER = new RegExp(`<(${Object.keys(FORMS).join('|')})(?::(\\d+))?>`, 'g');

/** Which values the numbered placeholders of a case stand for. */
export interface Bindings {
  readonly values: Map<string, string>;
  readonly names: Map<string, string>;
}

export const createBindings = (from?: Bindings): Bindings => ({values: new Map(from?.values), names: new Map(from?.names)});

/** Whether `got` has the form of the template; what its numbered placeholders stand for is bound on the way. */
export function matchText(template: string, got: string, bindings: Bindings): boolean {
  if (template === got) return true;
  if (!template.includes('<')) return false;
  const holders: {kind: string; number: string | undefined}[] = [];
  let pattern = '';
  let end = 0;
  for (const match of template.matchAll(PLACEHOLDER)) {
    const [text, kind, number] = match;
    pattern += `${escapeText(template.slice(end, match.index))}(${FORMS[kind!]})`;
    holders.push({kind: kind!, number});
    end = match.index + text.length;
  }
  const hit = new RegExp(`^${pattern}${escapeText(template.slice(end))}$`).exec(got);
  return hit !== null && holders.every(({kind, number}, i) => number === undefined || bind(bindings, kind, number, hit[i + 1]!));
}

function bind({values, names}: Bindings, kind: string, number: string, value: string): boolean {
  const [name, key] = [`${kind}:${number}`, `${kind}=${value}`];
  if (values.has(name) || names.has(key)) return values.get(name) === value && names.get(key) === name;
  values.set(name, value);
  names.set(key, name);
  return true;
}

const escapeText = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

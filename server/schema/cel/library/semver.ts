import type {Functions} from '../declarations.ts';
import {declare} from '../declarations.ts';
import {objectType} from '../types.ts';
import type {Opaque, Value} from '../values.ts';
import {failure, isError, opaque} from '../values.ts';

export const SEMVER_TYPE = objectType('kubernetes.Semver');

interface Semver {
  readonly core: readonly [bigint, bigint, bigint];
  readonly pre: readonly string[];
}

type Holder = Opaque & {value: Semver};

/** Semantic versions (k8s.io/apiserver/pkg/cel/library/semverlib.go). */
export function semverLibrary(functions: Functions): void {
  const add = declare(functions, {Semver: SEMVER_TYPE});
  const order = (a: Holder, b: Holder): number => compareVersions(a.value, b.value);
  add('semver', 'string_to_semver', '(string) -> Semver', (text: string) => read(text, false));
  add('semver', 'string_bool_to_semver', '(string, bool) -> Semver', read);
  add('isSemver', 'is_semver_string', '(string) -> bool', (text: string) => !isError(read(text, false)));
  add('isSemver', 'is_semver_string_bool', '(string, bool) -> bool', (text: string, normalize: boolean) => !isError(read(text, normalize)));
  add('isGreaterThan', 'semver_is_greater_than', 'Semver.(Semver) -> bool', (a: Holder, b: Holder) => order(a, b) === 1);
  add('isLessThan', 'semver_is_less_than', 'Semver.(Semver) -> bool', (a: Holder, b: Holder) => order(a, b) === -1);
  add('compareTo', 'semver_compare_to', 'Semver.(Semver) -> int', (a: Holder, b: Holder) => BigInt(order(a, b)));
  for (const [index, part] of (['major', 'minor', 'patch'] as const).entries()) {
    add(part, `semver_${part}`, 'Semver.() -> int', ({value}: Holder) => BigInt.asIntN(64, value.core[index]!));
  }
}

/** Of a text; an error if it is none. */
export const semver = (text: string): Value => read(text, false);

function read(text: string, normalize: boolean): Value {
  const parsed = normalize ? normalized(text) : parse(text);
  if (typeof parsed === 'string') return failure(parsed);
  return opaque('kubernetes.Semver', parsed, other => compareVersions(parsed, other) === 0);
}

/** Without `v`, leading zeros, and with the parts that are missing. */
function normalized(text: string): Semver | string {
  const [major, minor, ...rest] = text.replace(/^v/, '').split('.');
  const parts = [major!, ...(minor === undefined ? [] : [minor]), ...(rest.length > 0 ? [rest.join('.')] : [])].map(part => {
    if (part.length <= 1) return part;
    const bare = part.replace(/^0+/, '');
    return /^\d/.test(bare) ? bare : `0${bare}`;
  });
  if (parts.length < 3 && /[+-]/.test(parts.at(-1)!)) return 'short version cannot contain PreRelease/Build meta data';
  while (parts.length < 3) parts.push('0');
  return parse(parts.join('.'));
}

/** github.com/blang/semver Parse; a text says what is wrong. */
function parse(text: string): Semver | string {
  if (text === '') return 'Version string empty';
  const parts = text.split('.');
  if (parts.length < 3) return 'No Major.Minor.Patch elements found';
  const [major, minor] = parts as [string, string];
  const last = parts.slice(2).join('.');
  const plus = last.indexOf('+');
  const build = plus < 0 ? [] : last.slice(plus + 1).split('.');
  const beforeBuild = plus < 0 ? last : last.slice(0, plus);
  const dash = beforeBuild.indexOf('-');
  const pre = dash < 0 ? [] : beforeBuild.slice(dash + 1).split('.');
  const patch = dash < 0 ? beforeBuild : beforeBuild.slice(0, dash);
  for (const [name, part] of [
    ['major', major],
    ['minor', minor],
    ['patch', patch],
  ] as const) {
    const label = name === 'major' ? 'Major' : name === 'minor' ? 'Minor' : 'Patch';
    if (!/^\d*$/.test(part)) return `Invalid character(s) found in ${name} number ${JSON.stringify(part)}`;
    if (part.length > 1 && part.startsWith('0')) return `${label} number must not contain leading zeroes ${JSON.stringify(part)}`;
    if (part === '') return 'strconv.ParseUint: parsing "": invalid syntax';
  }
  for (const part of pre) {
    if (part === '') return 'Prerelease is empty';
    if (/^\d+$/.test(part) && part.length > 1 && part.startsWith('0'))
      return `Numeric PreRelease version must not contain leading zeroes ${JSON.stringify(part)}`;
    if (!/^[0-9A-Za-z-]+$/.test(part)) return `Invalid character(s) found in prerelease ${JSON.stringify(part)}`;
  }
  for (const part of build) {
    if (part === '') return 'Build meta data is empty';
    if (!/^[0-9A-Za-z-]+$/.test(part)) return `Invalid character(s) found in build meta data ${JSON.stringify(part)}`;
  }
  return {core: [BigInt(major), BigInt(minor), BigInt(patch)], pre};
}

/** Precedence; build metadata does not count. */
function compareVersions(a: Semver, b: Semver): number {
  for (let index = 0; index < 3; index++) if (a.core[index] !== b.core[index]) return a.core[index]! < b.core[index]! ? -1 : 1;
  if (a.pre.length === 0 || b.pre.length === 0) return a.pre.length === b.pre.length ? 0 : a.pre.length === 0 ? 1 : -1;
  for (const [index, part] of a.pre.entries()) {
    const other = b.pre[index];
    if (other === undefined) return 1;
    if (part === other) continue;
    const [numeric, otherNumeric] = [/^\d+$/.test(part), /^\d+$/.test(other)];
    if (numeric && otherNumeric) return BigInt(part) < BigInt(other) ? -1 : 1;
    if (numeric !== otherNumeric) return numeric ? -1 : 1;
    return part < other ? -1 : 1;
  }
  return a.pre.length === b.pre.length ? 0 : -1;
}

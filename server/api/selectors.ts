import {INTEGER, type LabelOperator, type LabelRequirement, parseRequirements, SelectorError} from './label-syntax.ts';

/** All requirements must hold; an empty list selects everything. */
export type LabelRequirements = readonly LabelRequirement[];

/** metav1.LabelSelector in its JSON form. */
export type LabelSelector = {
  matchLabels?: {[key: string]: string};
  matchExpressions?: {key: string; operator: string; values?: string[]}[];
};

type Labels = {readonly [key: string]: string};

/** Reads the string form (`a=b,c in (d,e),!f`; k8s.io/apimachinery/pkg/labels.Parse), sorted by key. Throws SelectorError. */
export function parseLabelSelector(text: string): LabelRequirements {
  return sortedByKey(parseRequirements(text));
}

/** The requirements of a LabelSelector object: none given selects nothing (undefined), an empty one everything. */
export function labelSelectorRequirements(selector: LabelSelector | undefined): LabelRequirements | undefined {
  if (!selector) return undefined;
  const requirements: LabelRequirement[] = Object.entries(selector.matchLabels ?? {}).map(([key, value]) => ({
    key,
    operator: '=',
    values: [value],
  }));
  for (const {key, operator, values = []} of selector.matchExpressions ?? []) {
    const known = EXPRESSION_OPERATORS[operator];
    if (!known) throw new SelectorError(`"${operator}" is not a valid label selector operator`);
    requirements.push({key, operator: known, values});
  }
  return sortedByKey(requirements);
}

/** The requirements of a plain map (`spec.selector` of a Service). */
export const labelSetRequirements = (set: Labels): LabelRequirements =>
  sortedByKey(Object.entries(set).map(([key, value]) => ({key, operator: '=' as const, values: [value]})));

export function matchesLabels(requirements: LabelRequirements, labels: Labels | undefined): boolean {
  for (const requirement of requirements) if (!matchesRequirement(requirement, labels ?? {})) return false;
  return true;
}

/** Does a LabelSelector object select these labels? Absent: nothing. */
export function selectsLabels(selector: LabelSelector | undefined, labels: Labels | undefined): boolean {
  const requirements = labelSelectorRequirements(selector);
  return requirements !== undefined && matchesLabels(requirements, labels);
}

/** The string form, as `status.selector` of a Scale shows it. */
export const formatLabelRequirements = (requirements: LabelRequirements): string => requirements.map(formatRequirement).join(',');

/** As metav1.FormatLabelSelector, for columns: `<none>` of an empty selector. */
export function formatLabelSelector(selector: LabelSelector | undefined): string {
  const text = formatLabelRequirements(labelSelectorRequirements(selector) ?? []);
  return text === '' ? '<none>' : text;
}

export interface FieldRequirement {
  readonly field: string;
  readonly operator: '=' | '!=';
  readonly value: string;
}

/** Reads `a=b,c!=d` with its escapes (k8s.io/apimachinery/pkg/fields.ParseSelector). Which fields exist is the kind's matter. Throws SelectorError. */
export function parseFieldSelector(text: string): FieldRequirement[] {
  return splitTerms(text)
    .sort()
    .filter(term => term !== '')
    .map(term => {
      const found = /!=|==|=/.exec(term);
      if (!found) throw new SelectorError(`invalid selector: '${text}'; can't understand '${term}'`);
      const value = unescapeValue(term.slice(found.index + found[0].length));
      return {field: term.slice(0, found.index), operator: found[0] === '!=' ? '!=' : '=', value};
    });
}

/** Fields that are not there count as ''. */
export const matchesFields = (requirements: readonly FieldRequirement[], fields: Labels): boolean =>
  requirements.every(({field, operator, value}) => ((Object.hasOwn(fields, field) ? fields[field] : '') === value) === (operator === '='));

const EXPRESSION_OPERATORS: {readonly [operator: string]: LabelOperator | undefined} = {
  In: 'in',
  NotIn: 'notin',
  Exists: 'exists',
  DoesNotExist: '!',
};

const sortedByKey = (requirements: LabelRequirement[]): LabelRequirement[] =>
  requirements.sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));

function matchesRequirement({key, operator, values}: LabelRequirement, labels: Labels): boolean {
  const value = Object.hasOwn(labels, key) ? labels[key]! : undefined;
  switch (operator) {
    case '=':
    case '==':
    case 'in':
      return value !== undefined && values.includes(value);
    case '!=':
    case 'notin':
      return value === undefined || !values.includes(value);
    case 'exists':
      return value !== undefined;
    case '!':
      return value === undefined;
    case 'gt':
    case 'lt': {
      if (value === undefined || !INTEGER.test(value)) return false;
      const [actual, wanted] = [BigInt(value), BigInt(values[0]!)];
      return operator === 'gt' ? actual > wanted : actual < wanted;
    }
  }
}

function formatRequirement({key, operator, values}: LabelRequirement): string {
  switch (operator) {
    case 'exists':
      return key;
    case '!':
      return `!${key}`;
    case 'in':
    case 'notin':
      return `${key} ${operator} (${[...values].sort().join(',')})`;
    case 'gt':
      return `${key}>${values[0]}`;
    case 'lt':
      return `${key}<${values[0]}`;
    default:
      return `${key}${operator}${values[0]}`;
  }
}

/** Splits at commas that are not escaped; the escapes stay. */
function splitTerms(text: string): string[] {
  const terms: string[] = [];
  let start = 0;
  for (let i = 0; i < text.length; i++) {
    if (text[i] === '\\') i++;
    else if (text[i] === ',') {
      terms.push(text.slice(start, i));
      start = i + 1;
    }
  }
  terms.push(text.slice(start));
  return terms;
}

function unescapeValue(text: string): string {
  if (!/[\\,=]/.test(text)) return text;
  let value = '';
  for (let i = 0; i < text.length; i++) {
    const character = text[i]!;
    if (character === '\\') {
      const next = text[++i];
      if (next === undefined || !'\\,='.includes(next))
        throw new SelectorError(`invalid field selector: invalid escape sequence: \\${next ?? ''}`);
      value += next;
    } else if (character === '=' || character === ',')
      throw new SelectorError(`invalid field selector: unescaped character in value: ${character.charCodeAt(0)}`);
    else value += character;
  }
  return value;
}

import {invalid} from './field.ts';
import {isLabelValue, isQualifiedName} from './names.ts';

/** A selector text that cannot be read; the message is upstream's (the server answers it as 400). */
export class SelectorError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'SelectorError';
  }
}

export type LabelOperator = '=' | '==' | '!=' | 'in' | 'notin' | 'exists' | '!' | 'gt' | 'lt';

export interface LabelRequirement {
  readonly key: string;
  readonly operator: LabelOperator;
  readonly values: readonly string[];
}

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
  return sortedByKey(new LabelParser(text).parse());
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

const BINARY_OPERATORS = 'in, notin, =, ==, !=, gt, lt';

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

const INTEGER = /^-?\d+$/;

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

type Token = {kind: 'identifier' | 'end' | 'error' | '(' | ')' | ',' | '!' | '=' | '==' | '!=' | '>' | '<' | 'in' | 'notin'; text: string};

const SYMBOLS = new Set(['(', ')', ',', '!', '=', '==', '!=', '>', '<']);

function scan(text: string): Token[] {
  const tokens: Token[] = [];
  const pattern = /[ \t\r\n]*(?:([=!(),><]+)|([^=!(),>< \t\r\n]+))/y;
  while (true) {
    const start = pattern.lastIndex;
    const match = pattern.exec(text);
    if (!match) break;
    if (match[2] !== undefined) {
      tokens.push({kind: match[2] === 'in' || match[2] === 'notin' ? match[2] : 'identifier', text: match[2]});
      continue;
    }
    const run = match[1]!;
    const token = longestSymbol(run);
    tokens.push(token);
    pattern.lastIndex = token.kind === 'error' ? start + match[0].length : start + match[0].length - run.length + token.text.length;
  }
  tokens.push({kind: 'end', text: ''});
  return tokens;
}

const longestSymbol = (run: string): Token => {
  for (const length of [2, 1]) {
    const symbol = run.slice(0, length);
    if (SYMBOLS.has(symbol)) return {kind: symbol as Token['kind'], text: symbol};
  }
  return {kind: 'error', text: `error expected: keyword found '${run}'`};
};

/** The recursive-descent parser of labels.Parse, with its messages. */
class LabelParser {
  private readonly tokens: Token[];
  private position = 0;

  constructor(text: string) {
    this.tokens = scan(text);
  }

  parse(): LabelRequirement[] {
    const requirements: LabelRequirement[] = [];
    while (true) {
      const {kind, text} = this.peek();
      if (kind === 'end') return requirements;
      if (kind !== 'identifier' && kind !== '!') throw new SelectorError(`found '${text}', expected: !, identifier, or 'end of string'`);
      requirements.push(this.requirement());
      const next = this.take();
      if (next.kind === 'end') return requirements;
      if (next.kind !== ',') throw new SelectorError(`found '${next.text}', expected: ',' or 'end of string'`);
      const after = this.peek();
      if (after.kind !== 'identifier' && after.kind !== '!')
        throw new SelectorError(`found '${after.text}', expected: identifier after ','`);
    }
  }

  /** `in` and `notin` are identifiers except where an operator is due. */
  private peek(operator = false): Token {
    const token = this.tokens[this.position]!;
    return !operator && (token.kind === 'in' || token.kind === 'notin') ? {kind: 'identifier', text: token.text} : token;
  }

  private take(operator = false): Token {
    const token = this.peek(operator);
    if (token.kind !== 'end') this.position++;
    return token;
  }

  private requirement(): LabelRequirement {
    let token = this.take();
    const negated = token.kind === '!';
    if (negated) token = this.take();
    if (token.kind !== 'identifier') throw unparsable(`found '${token.text}', expected: identifier`);
    const key = token.text;
    const bad = isQualifiedName(key);
    if (bad.length > 0) throw unparsable(`<nil>: ${invalid('', key, bad.join('; ')).message}`);
    if (negated) return {key, operator: '!', values: []};
    const next = this.peek().kind;
    if (next === 'end' || next === ',') return {key, operator: 'exists', values: []};
    const operator = this.operator();
    return checked({key, operator, values: operator === 'in' || operator === 'notin' ? this.values() : [this.exactValue()]});
  }

  private operator(): LabelOperator {
    const {kind, text} = this.take(true);
    switch (kind) {
      case 'in':
      case 'notin':
      case '=':
      case '==':
      case '!=':
        return kind;
      case '>':
        return 'gt';
      case '<':
        return 'lt';
      default:
        throw unparsable(`found '${text}', expected: ${BINARY_OPERATORS}`);
    }
  }

  private values(): string[] {
    const open = this.take();
    if (open.kind !== '(') throw unparsable(`found '${open.text}' expected: '('`);
    const first = this.peek();
    if (first.kind === ')') {
      this.take();
      return [''];
    }
    if (first.kind !== 'identifier' && first.kind !== ',') throw unparsable(`found '${first.text}', expected: ',', ')' or identifier`);
    const values = this.identifiers();
    if (this.take().kind !== ')') throw unparsable(`found '${first.text}', expected: ')'`);
    return [...values].sort();
  }

  private identifiers(): Set<string> {
    const values = new Set<string>();
    while (true) {
      const token = this.take();
      if (token.kind === 'identifier') {
        values.add(token.text);
        const next = this.peek();
        if (next.kind === ')') return values;
        if (next.kind !== ',') throw unparsable(`found '${next.text}', expected: ',' or ')'`);
      } else if (token.kind === ',') {
        if (values.size === 0) values.add('');
        const next = this.peek().kind;
        if (next === ')' || next === ',') values.add('');
        if (next === ')') return values;
      } else throw unparsable(`found '${token.text}', expected: ',', or identifier`);
    }
  }

  private exactValue(): string {
    const next = this.peek().kind;
    if (next === 'end' || next === ',') return '';
    const {kind, text} = this.take();
    if (kind !== 'identifier') throw unparsable(`found '${text}', expected: identifier`);
    return text;
  }
}

const unparsable = (why: string): SelectorError => new SelectorError(`unable to parse requirement: ${why}`);

function checked(requirement: LabelRequirement): LabelRequirement {
  const {key, operator, values} = requirement;
  const errors: string[] = [];
  if ((operator === 'gt' || operator === 'lt') && !INTEGER.test(values[0]!))
    errors.push(`values[0]: ${invalid('', values[0], "for 'Gt', 'Lt' operators, the value must be an integer").message}`);
  values.forEach((value, i) => {
    const bad = isLabelValue(value);
    if (bad.length > 0) errors.push(`values[${i}][${key}]: ${invalid('', value, bad.join('; ')).message}`);
  });
  if (errors.length === 0) return requirement;
  throw unparsable(errors.length === 1 ? errors[0]! : `[${errors.join(', ')}]`);
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

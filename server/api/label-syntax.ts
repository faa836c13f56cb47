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

/** Reads the requirements of a label selector in their order (k8s.io/apimachinery/pkg/labels.Parse). Throws SelectorError. */
export const parseRequirements = (text: string): LabelRequirement[] => new LabelParser(text).parse();

/** What `gt` and `lt` compare. */
export const INTEGER = /^-?\d+$/;
const BINARY_OPERATORS = 'in, notin, =, ==, !=, gt, lt';

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

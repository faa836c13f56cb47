import type {CallExpr, Expr, MapEntry, StructField} from './ast.ts';
import type {Issue} from './issues.ts';
import type {Token} from './lexer.ts';
import {tokenize} from './lexer.ts';
import {readLiteral} from './literals.ts';
import {expandMacro} from './macros.ts';
import {createTokenCursor, EXPRESSION_START, OPTIONAL_START, STARTS, type TokenCursor, Unreadable} from './token-cursor.ts';

/** Limits of cel-go's parser. */
const MAXIMUM_LENGTH = 100_000;
const MAXIMUM_DEPTH = 250;

const RESERVED = new Set('as break const continue else for function if import let loop package namespace return var void while'.split(' '));
const RELATIONS = new Set(['<', '<=', '>=', '>', '==', '!=', 'in']);
const FUNCTION_OF: {readonly [operator: string]: string} = {in: '@in'};
const operatorName = (operator: string): string => FUNCTION_OF[operator] ?? `_${operator}_`;

/** What macros and the parser build nodes with; ids are unique within an expression. */
export interface Builder {
  id(): number;
  report(at: number, message: string): void;
}

/** Reads an expression; undefined when there are syntax errors, which are in `issues`. */
export function parse(source: string, issues: Issue[]): Expr | undefined {
  if (source.length > MAXIMUM_LENGTH) {
    const length = [...source].length;
    if (length > MAXIMUM_LENGTH) {
      issues.push({at: -1, message: `expression code point size exceeds limit: size: ${length}, limit ${MAXIMUM_LENGTH}`});
      return undefined;
    }
  }
  const tokens = tokenize(source, issues);
  let next = 1;
  const builder: Builder = {id: () => next++, report: (at, message) => void issues.push({at, message})};
  try {
    const reader = createReader(createTokenCursor(tokens, builder.report), builder);
    const result = reader.expression();
    reader.end();
    return issues.length > 0 ? undefined : result;
  } catch (error) {
    if (!(error instanceof Unreadable)) throw error;
    return undefined;
  }
}

function createReader(cursor: TokenCursor, builder: Builder) {
  let depth = 0;
  const {report} = builder;
  const {peek, is, take, fail, unexpected, expect} = cursor;

  const call = (name: string, at: number, args: readonly Expr[], target?: Expr): CallExpr => ({
    kind: 'call',
    id: builder.id(),
    at,
    function: name,
    target,
    args,
  });

  function expression(): Expr {
    if (++depth > MAXIMUM_DEPTH) fail(-1, `expression recursion limit exceeded: ${MAXIMUM_DEPTH}`);
    const condition = logical('||');
    let result = condition;
    if (is('?')) {
      const {at} = take();
      const yes = logical('||');
      expect(':');
      const no = expression();
      result = call('_?_:_', at, [condition, yes, no]);
    }
    depth--;
    return result;
  }

  /** Chains of && and || become balanced trees, so that they may be long. */
  function logical(operator: '||' | '&&'): Expr {
    const read = (): Expr => (operator === '||' ? logical('&&') : relation());
    const terms = [read()];
    const places: number[] = [];
    while (is(operator)) {
      places.push(take().at);
      terms.push(read());
    }
    const name = operatorName(operator);
    const build = (low: number, high: number): Expr => {
      const middle = (low + high + 1) >> 1;
      const left = middle === low ? terms[middle]! : build(low, middle - 1);
      const right = middle === high ? terms[middle + 1]! : build(middle + 1, high);
      return call(name, places[middle]!, [left, right]);
    };
    return places.length === 0 ? terms[0]! : build(0, places.length - 1);
  }

  const binary = (read: () => Expr, operators: ReadonlySet<string>) => (): Expr => {
    let left = read();
    let chained = 0;
    while (operators.has(peek().type)) {
      if (++chained > MAXIMUM_DEPTH) fail(-1, 'max recursion depth exceeded');
      const {type, at} = take();
      left = call(operatorName(type), at, [left, read()]);
    }
    return left;
  };
  const product = binary(unary, new Set(['*', '/', '%']));
  const sum = binary(product, new Set(['+', '-']));
  const relation = binary(sum, RELATIONS);

  function unary(): Expr {
    const operator = peek();
    if (operator.type === '!') return negated(operator, '!_');
    // A minus before a number is part of it.
    if (operator.type === '-' && !/^NUM_(INT|FLOAT)$/.test(peek(1)?.type ?? '')) return negated(operator, '-_');
    return member();
  }

  function negated({type, at}: Token, name: string): Expr {
    let count = 0;
    while (is(type)) {
      take();
      count++;
    }
    if (is('EOF') && type === '!') fail(peek().at, `Syntax error: extraneous input '<EOF>' expecting {${EXPRESSION_START}}`);
    if (is('EOF') && count === 1) report(peek().at, `Syntax error: no viable alternative at input '-'`);
    const operand = member();
    return count % 2 === 0 ? operand : call(name, at, [operand]);
  }

  function member(): Expr {
    let operand = primary();
    for (let chained = 0; ; chained++) {
      if (chained > MAXIMUM_DEPTH) fail(-1, 'max recursion depth exceeded');
      if (is('.')) operand = selection(operand);
      else if (is('[')) operand = indexed(operand);
      else return operand;
    }
  }

  function selection(operand: Expr): Expr {
    const dot = take();
    if (is('?')) {
      take();
      if (is('EOF')) {
        report(peek().at, "Syntax error: mismatched input '<EOF>' expecting {IDENTIFIER, ESC_IDENTIFIER}");
        fail(peek().at, 'unsupported ident kind');
      }
      const name = identifier(dot);
      const field: Expr = {kind: 'literal', id: builder.id(), at: name.at, literal: {type: 'string', value: name.text}};
      return call('_?._', dot.at, [operand, field]);
    }
    if (is('in')) {
      // The operator is read again as what it usually is.
      report(peek().at, "Syntax error: no viable alternative at input '.in'");
      return operand;
    }
    const name = identifier(dot);
    if (is('(')) return calling(name.text, operand);
    return {kind: 'select', id: builder.id(), at: dot.at, operand, field: name.text, test: false};
  }

  function identifier(dot: Token): Token {
    const token = peek();
    if (token.type === 'IDENTIFIER') return take();
    if (token.type === 'ESC_IDENTIFIER') return fail(token.at, "unsupported syntax: '`'");
    if (token.type === 'true' || token.type === 'false' || token.type === 'null')
      return fail(token.at, `Syntax error: mismatched input '${token.text}' expecting IDENTIFIER`);
    const shown = token.type === 'EOF' ? '.' : `${dot.text}${token.text}`;
    return fail(token.at, `Syntax error: no viable alternative at input '${shown}'`);
  }

  function indexed(operand: Expr): Expr {
    const {at} = take();
    const optional = is('?');
    if (optional) take();
    else if (!STARTS.has(peek().type)) unexpected(`{${OPTIONAL_START}}`);
    const index = expression();
    expect(']');
    return call(optional ? '_[?_]' : '_[_]', at, [operand, index]);
  }

  /** A call, at its open parenthesis; macros are expanded here. */
  function calling(name: string, target: Expr | undefined): Expr {
    const {at} = take();
    const args: Expr[] = [];
    if (!is(')')) {
      startOfArguments();
      if (!is(')')) args.push(expression());
      while (is(',')) {
        take();
        args.push(expression());
      }
      expect(')');
    } else take();
    return expandMacro(builder, name, target, args, at) ?? call(name, at, args, target);
  }

  function startOfArguments(): void {
    const token = peek();
    if (STARTS.has(token.type)) return;
    const expecting = `{${EXPRESSION_START.replace(`'(', `, `'(', ')', `)}}`;
    const following = peek(1)?.type ?? 'EOF';
    if (token.type === 'EOF' || !(STARTS.has(following) || following === ')')) unexpected(expecting);
    cursor.skip(expecting);
  }

  /** What may stand at the end of a list or map: a comma alone, too. */
  function closing(type: string, isEmpty: boolean, afterComma: boolean): void {
    if (isEmpty && is(',')) take();
    expect(type, isEmpty || afterComma ? `'${type}'` : `{'${type}', ','}`);
  }

  function primary(): Expr {
    const token = peek();
    switch (token.type) {
      case '(': {
        take();
        const inner = expression();
        expect(')');
        return inner;
      }
      case '[':
        return list();
      case '{':
        return map();
      case '.':
      case 'IDENTIFIER':
        return named();
      default:
        return literal();
    }
  }

  function named(): Expr {
    const dot = is('.') ? take() : undefined;
    const token = dot ? identifier(dot) : take();
    const prefix = dot ? '.' : '';
    if (is('(')) {
      if (RESERVED.has(token.text)) report(token.at, `reserved identifier: ${token.text}`);
      return calling(prefix + token.text, undefined);
    }
    const message = messageName(token.text);
    if (message !== undefined) return struct(prefix + message);
    if (RESERVED.has(token.text)) report(token.at, `reserved identifier: ${token.text}`);
    return {kind: 'ident', id: builder.id(), at: token.at, name: prefix + token.text};
  }

  /** `a.b.C` before a brace is the name of a type. */
  function messageName(first: string): string | undefined {
    let ahead = 0;
    let name = first;
    while (peek(ahead)?.type === '.' && peek(ahead + 1)?.type === 'IDENTIFIER') {
      name += `.${peek(ahead + 1)!.text}`;
      ahead += 2;
    }
    if (peek(ahead)?.type !== '{') return undefined;
    while (ahead-- > 0) take();
    return name;
  }

  function struct(name: string): Expr {
    const open = take();
    const fields: StructField[] = [];
    while (!is('}')) {
      const optional = is('?');
      if (optional) take();
      if (!is('IDENTIFIER')) unexpected("{'}', ',', '?', IDENTIFIER, ESC_IDENTIFIER}");
      const field = take();
      const {at} = expect(':');
      fields.push({id: builder.id(), at, name: field.text, value: expression(), optional});
      if (!is(',')) break;
      take();
    }
    expect('}');
    return {kind: 'struct', id: builder.id(), at: open.at, name, fields};
  }

  function list(): Expr {
    const {at} = take();
    const elements: Expr[] = [];
    const optional = new Set<number>();
    let afterComma = false;
    while (!is(']') && !(elements.length === 0 && is(',')) && !(afterComma && is('EOF'))) {
      afterComma = false;
      if (is('?')) {
        take();
        optional.add(elements.length);
      } else if (elements.length === 0 && !STARTS.has(peek().type))
        unexpected(`{'[', ']', ${OPTIONAL_START.slice(5).replace(`'.', `, `'.', ',', `)}}`);
      elements.push(expression());
      if (!is(',')) break;
      take();
      afterComma = true;
    }
    closing(']', elements.length === 0, afterComma);
    return {kind: 'list', id: builder.id(), at, elements, optional};
  }

  function map(): Expr {
    const {at} = take();
    const entries: MapEntry[] = [];
    let afterComma = false;
    while (!is('}') && !(entries.length === 0 && is(',')) && !(afterComma && is('EOF'))) {
      afterComma = false;
      const optional = is('?');
      if (optional) take();
      else if (entries.length === 0 && !STARTS.has(peek().type))
        unexpected(`{'[', '{', '}', ${OPTIONAL_START.slice(10).replace(`'.', `, `'.', ',', `)}}`);
      const key = expression();
      const colon = expect(':');
      entries.push({id: builder.id(), at: colon.at, key, value: expression(), optional});
      if (!is(',')) break;
      take();
      afterComma = true;
    }
    closing('}', entries.length === 0, afterComma);
    return {kind: 'map', id: builder.id(), at, entries};
  }

  function literal(): Expr {
    const start = peek();
    const negative = start.type === '-';
    if (negative) take();
    const token = peek();
    if (!STARTS.has(token.type)) {
      // One stray token before an expression is skipped.
      const following = peek(1);
      if (token.type !== 'EOF' && following && STARTS.has(following.type)) {
        cursor.skip(`{${EXPRESSION_START}}`);
        return primary();
      }
      unexpected(`{${EXPRESSION_START}}`);
    }
    take();
    return {kind: 'literal', id: builder.id(), at: start.at, literal: readLiteral(token, negative, message => report(start.at, message))};
  }

  return {expression, end: () => void expect('EOF')};
}

import {NotUnderstood} from './script.ts';

/** Binds the weakest first. */
const LEVELS: readonly (readonly string[])[] = [['||'], ['&&'], ['==', '!='], ['<=', '>=', '<', '>'], ['+', '-'], ['*', '/', '%']];

const OPERATIONS: {readonly [operator: string]: (left: number, right: number) => number} = {
  '||': (left, right) => Number(left !== 0 || right !== 0),
  '&&': (left, right) => Number(left !== 0 && right !== 0),
  '==': (left, right) => Number(left === right),
  '!=': (left, right) => Number(left !== right),
  '<=': (left, right) => Number(left <= right),
  '>=': (left, right) => Number(left >= right),
  '<': (left, right) => Number(left < right),
  '>': (left, right) => Number(left > right),
  '+': (left, right) => left + right,
  '-': (left, right) => left - right,
  '*': (left, right) => left * right,
  '/': (left, right) => Math.trunc(left / right),
  '%': (left, right) => left % right,
};

/** Computes what stands in `$((…))`; variables may stand there by their names. */
export function evaluate(text: string, variable: (name: string) => string | undefined): number {
  const tokens = text.match(/\d+|[A-Za-z_]\w*|\|\||&&|[=!<>]=|[-+*/%<>()!]|\S/g) ?? [];
  let at = 0;
  const operand = (): number => {
    const token = tokens[at++];
    if (token === '(') {
      const value = binary(0);
      if (tokens[at++] !== ')') throw new NotUnderstood();
      return value;
    }
    if (token === '-') return -operand();
    if (token === '!') return Number(operand() === 0);
    if (token !== undefined && /^\d/.test(token)) return Number(token);
    if (token !== undefined && /^[A-Za-z_]/.test(token)) return Number(variable(token) ?? 0) || 0;
    throw new NotUnderstood();
  };
  const binary = (level: number): number => {
    if (level === LEVELS.length) return operand();
    let value = binary(level + 1);
    while (LEVELS[level]!.includes(tokens[at] ?? '')) {
      const operation = OPERATIONS[tokens[at++]!]!;
      value = operation(value, binary(level + 1));
    }
    return value;
  };
  const value = tokens.length === 0 ? 0 : binary(0);
  if (at < tokens.length) throw new NotUnderstood();
  return value;
}

import type {Expr} from './ast.ts';
import type {Issue} from './issues.ts';
import {CLAUSE, refusal, tooManyArguments, unrecognized} from './library/format-string.ts';
import type {CelType} from './types.ts';

const ACCEPTED: {readonly [verb: string]: readonly string[]} = {
  d: ['int', 'uint'],
  f: ['double', 'string'],
  e: ['double', 'string'],
  b: ['int', 'uint', 'bool'],
  x: ['int', 'uint', 'string', 'bytes'],
  X: ['int', 'uint', 'string', 'bytes'],
  o: ['int', 'uint'],
  s: ['list', 'map', 'int', 'uint', 'double', 'bool', 'string', 'timestamp', 'bytes', 'duration', 'type', 'null'],
};

/** A format that is a literal is checked against what is listed for it (cel-go ext/formatting.go, stringFormatValidator). */
export function formatFault(node: Expr, types: ReadonlyMap<number, CelType>): Issue | undefined {
  if (node.kind !== 'call' || node.function !== 'format' || node.args.length !== 1) return undefined;
  const {target} = node;
  const [args] = node.args;
  if (target?.kind !== 'literal' || target.literal.type !== 'string' || args?.kind !== 'list') return undefined;
  const text = target.literal.value;
  let used = 0;
  let position = text.indexOf('%');
  while (position >= 0) {
    const clause = CLAUSE.exec(text.slice(position));
    if (!clause) return faultAt(node, 'unexpected end of string');
    const verb = clause[2];
    if (verb !== undefined) {
      const arg = args.elements[used];
      if (arg === undefined) return faultAt(node, `index ${used} out of range`);
      if (!Object.hasOwn(ACCEPTED, verb)) return faultAt(node, unrecognized(verb));
      used++;
      const bad = misfit(arg, verb, types);
      if (bad) return faultAt(bad, refusal(verb, types.get(bad.id)!.name));
    }
    position = text.indexOf('%', position + clause[0].length);
  }
  return args.elements.length > used ? faultAt(node, tooManyArguments(used, args.elements.length)) : undefined;
}

const faultAt = ({at}: Expr, message: string): Issue => ({at, message});

/** The part of an argument whose type the clause does not take. */
function misfit(arg: Expr, verb: string, types: ReadonlyMap<number, CelType>): Expr | undefined {
  const {kind} = types.get(arg.id)!;
  if (kind !== 'dyn' && !ACCEPTED[verb]!.includes(kind)) return arg;
  if (verb !== 's') return undefined;
  const parts = arg.kind === 'list' ? arg.elements : arg.kind === 'map' ? arg.entries.flatMap(({key, value}) => [key, value]) : [];
  for (const part of parts) {
    const bad = misfit(part, verb, types);
    if (bad) return bad;
  }
  return undefined;
}

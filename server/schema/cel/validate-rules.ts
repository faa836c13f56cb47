import type {FieldError, FieldPath} from '../../api/field.ts';
import {at, child, forbiddenField, invalid, invalidOmitted, required} from '../../api/field.ts';
import type {Json, JsonObject} from '../../api/json.ts';
import {isObject} from '../../api/json.ts';
import type {ValidationRule} from '../../api/kinds.generated.ts';
import {jsonEqual} from '../../patch/equal.ts';
import type {Structural} from '../structural.ts';
import {CALL_LIMIT} from './environment.ts';
import type {CompiledRule} from './schema-rules.ts';
import {compileRule, hasRules, programOf, rulesOf} from './schema-rules.ts';
import type {DeclaredType} from './schema-types.ts';
import {declaredType, escapeName} from './schema-types.ts';
import type {Value} from './values.ts';
import {isError, optional} from './values.ts';

/** What all rules of one request may cost. */
const REQUEST_BUDGET = 10_000_000;
const LONGEST_MESSAGE = 5 * 1024;

/** Runs a schema's rules over values. */
export interface RuleValidator {
  /**
   * `old` is what was stored before; undefined on create. Failures of what did not change are warnings
   * (`field: message`), but for rules that look at the old value.
   */
  validate(value: Json | undefined, old: Json | undefined, path: FieldPath, warn: (message: string) => void): FieldError[];
}

/**
 * The validator of a schema, by default that of a whole object with type and metadata; undefined: there are no rules. Rules are compiled
 * when they are first run.
 */
export function createRuleValidator(schema: Structural, whole = true): RuleValidator | undefined {
  if (!hasRules(schema)) return undefined;
  const root = nodeOf(schema, whole, declaredType(schema, whole));
  return {
    validate(value, old, path, warn) {
      const run: Run = {errors: [], budget: REQUEST_BUDGET, warn};
      visit(root, value, old, path, () => old !== undefined && value !== undefined && jsonEqual(value, old), run);
      return run.errors;
    },
  };
}

/** The part of a schema that has rules in it, compiled. */
interface Node {
  readonly schema: Structural;
  readonly type: DeclaredType | undefined;
  readonly rules: readonly CompiledRule[];
  readonly items: Node | undefined;
  readonly values: Node | undefined;
  readonly properties: ReadonlyMap<string, Node>;
  readonly allOf: readonly Node[];
}

interface Run {
  readonly errors: FieldError[];
  /** Below zero: nothing runs any more. */
  budget: number;
  warn(message: string): void;
}

function nodeOf(schema: Structural, root: boolean, type: DeclaredType | undefined): Node {
  const inner = (part: Structural | boolean | undefined, own: DeclaredType | undefined): Node | undefined =>
    typeof part === 'object' && own && hasRules(part) ? nodeOf(part, part.embeddedResource, own) : undefined;
  const properties = new Map<string, Node>();
  for (const [name, property] of schema.properties) {
    const escaped = escapeName(name);
    const node = inner(property, escaped === undefined ? declaredType(property, property.embeddedResource) : type?.fields?.get(escaped));
    if (node) properties.set(name, node);
  }
  let rules: readonly CompiledRule[] | undefined;
  return {
    schema,
    type,
    get rules() {
      rules ??= type ? rulesOf(schema.props).map(rule => compileRule(rule, type)) : [];
      return rules;
    },
    items: inner(schema.items, type?.element),
    values: inner(schema.additionalProperties, type?.element),
    properties,
    // Inside allOf there is no structure: its rules are about the same values.
    allOf: schema.allOf
      .filter(hasRules)
      .map(part => nodeOf({...schema, props: part.props, allOf: [], properties: part.properties}, root, type)),
  };
}

function visit(node: Node, value: Json | undefined, old: Json | undefined, path: FieldPath, unchanged: () => boolean, run: Run): void {
  if (value === undefined || value === null) return;
  const before = old ?? undefined;
  evaluateRules(node, value, before, path, unchanged, run);
  for (const part of node.allOf) if (run.budget >= 0) visit(part, value, before, path, unchanged, run);
  if (run.budget < 0) return;
  if (Array.isArray(value)) visitItems(node, value, before, path, unchanged, run);
  else if (isObject(value)) visitMembers(node, value, before, path, unchanged, run);
}

function visitItems(node: Node, value: Json[], old: Json | undefined, path: FieldPath, unchanged: () => boolean, run: Run): void {
  const {items, schema} = node;
  if (!items) return;
  const keyed = schema.listType === 'map' && Array.isArray(old);
  const keyOf = (item: Json): string => JSON.stringify(schema.listMapKeys.map(key => (isObject(item) ? (item[key] ?? null) : null)));
  const previous = keyed ? new Map((old as Json[]).map(item => [keyOf(item), item])) : undefined;
  for (const [index, item] of value.entries()) {
    if (run.budget < 0) return;
    const before = previous?.get(keyOf(item));
    // What has no past of its own is as old as the whole list.
    visit(items, item, before, at(path, index), before === undefined ? unchanged : () => jsonEqual(item, before), run);
  }
}

function visitMembers(node: Node, value: JsonObject, old: Json | undefined, path: FieldPath, unchanged: () => boolean, run: Run): void {
  const previous = node.schema.mapType !== 'atomic' && isObject(old) ? old : undefined;
  for (const name of Object.keys(value)) {
    const own = node.properties.get(name);
    const member = own ?? node.values;
    if (!member) continue;
    if (run.budget < 0) return;
    const item = value[name];
    const before = previous && Object.hasOwn(previous, name) ? previous[name] : undefined;
    const same = before === undefined ? unchanged : () => item !== undefined && jsonEqual(item, before);
    visit(member, item, before, own ? child(path, name) : at(path, name), same, run);
  }
}

function evaluateRules(
  {schema, type, rules}: Node,
  value: Json,
  old: Json | undefined,
  path: FieldPath,
  unchanged: () => boolean,
  run: Run,
): void {
  if (rules.length === 0 || type === undefined) return;
  const field = path === '' ? '<nil>' : path;
  const {type: typeName} = schema;
  const stop = (error: FieldError): void => {
    run.errors.push(error);
    run.budget = -1;
  };
  if (run.budget <= 0) {
    stop(outOfBudget(field, typeName));
    return;
  }
  let self: Value | undefined;
  let oldSelf: Value | undefined;
  const variables = (isOptional: boolean) => (name: string) => {
    if (name === 'self') {
      self ??= type.read(value);
      return self;
    }
    if (name !== 'oldSelf') return undefined;
    if (old !== undefined) oldSelf ??= type.read(old);
    return isOptional ? optional(oldSelf) : oldSelf;
  };
  for (const one of rules) {
    const {rule, compiled, usesOldSelf} = one;
    if ('error' in compiled) {
      run.errors.push(invalid(field, typeName, `rule compile error: ${compiled.error}`));
      continue;
    }
    if (usesOldSelf && old === undefined && !rule.optionalOldSelf) continue;
    const result = compiled.program.evaluate(variables(rule.optionalOldSelf ?? false), CALL_LIMIT);
    if (result.cost > run.budget) {
      stop(outOfBudget(field, typeName));
      return;
    }
    run.budget -= result.cost;
    if (isError(result.value)) {
      const {message} = result.value;
      const error = invalid(field, typeName, evaluationFailure(message, rule));
      if (message.startsWith('operation cancelled')) stop(error);
      else run.errors.push(error);
      if (run.budget < 0) return;
      continue;
    }
    if (result.value === true) continue;
    const detail = failureMessage(one, variables(rule.optionalOldSelf ?? false), run);
    const place = rule.fieldPath ? child(path, ...fieldPathNames(rule.fieldPath)) : field;
    const error = detail.fatal
      ? invalid(place, typeName, detail.text)
      : failureOf(place, typeName === 'object' || typeName === 'array' ? undefined : value, detail.text, rule.reason);
    if (!usesOldSelf && unchanged()) run.warn(`${error.field}: ${error.message}`);
    else run.errors.push(error);
    if (detail.fatal) run.budget = -1;
    if (run.budget < 0) return;
  }
}

const outOfBudget = (field: FieldPath, type: string): FieldError =>
  invalid(field, type, 'validation failed due to running out of cost budget, no further validation rules will be run');

const shown = ({message, rule}: ValidationRule): string => (message || rule).trim();

function evaluationFailure(message: string, rule: ValidationRule): string {
  if (message.startsWith('no such overload')) {
    return `'${message}': call arguments did not match a supported operator, function or macro signature for rule: ${shown(rule)}`;
  }
  if (message.startsWith('operation cancelled')) {
    return `'${message}': no further validation rules will be run due to call cost exceeds limit for rule: ${shown(rule)}`;
  }
  return `${message} evaluating rule: ${shown(rule)}`;
}

/** The text of messageExpression if it yields one, else message, else the rule itself. `fatal`: the budget is spent. */
function failureMessage(
  {rule, message}: CompiledRule,
  variable: (name: string) => Value | undefined,
  run: Run,
): {text: string; fatal?: true} {
  const fallback = {text: rule.message ? rule.message.trim() : `failed rule: ${shown(rule)}`};
  const program = programOf(message);
  if (!program) return fallback;
  const {value, cost} = program.evaluate(variable, CALL_LIMIT);
  if (cost > run.budget)
    return {
      text: 'messageExpression evaluation failed due to running out of cost budget, no further validation rules will be run',
      fatal: true,
    };
  if (isError(value) && value.message.startsWith('operation cancelled')) {
    return {
      text: `no further validation rules will be run due to call cost exceeds limit for messageExpression: ${JSON.stringify(rule.messageExpression)}`,
      fatal: true,
    };
  }
  run.budget -= cost;
  const text = typeof value === 'string' ? value.trim() : '';
  return text === '' || /[\n\r]/.test(text) || Buffer.byteLength(text) > LONGEST_MESSAGE ? fallback : {text};
}

function failureOf(field: FieldPath, value: Json | undefined, detail: string, reason: string | undefined): FieldError {
  switch (reason) {
    case 'FieldValueForbidden':
      return forbiddenField(field, detail);
    case 'FieldValueRequired':
      return required(field, detail);
    case 'FieldValueDuplicate':
      return {
        type: 'FieldValueDuplicate',
        field,
        message: value === undefined ? 'Duplicate value' : `Duplicate value: ${JSON.stringify(value)}`,
      };
    default:
      return value === undefined ? invalidOmitted(field, detail) : invalid(field, value, detail);
  }
}

/** Names of `.spec['a.b'].c`. */
const fieldPathNames = (path: string): string[] =>
  [...path.matchAll(/\.([^.[\]]+)|\['((?:\\.|[^'\\])*)'\]/g)].map(([, name, quoted]) => name ?? quoted!.replace(/\\(.)/g, '$1'));

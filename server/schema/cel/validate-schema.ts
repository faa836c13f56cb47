import type {FieldError, FieldPath} from '../../api/field.ts';
import {at, child, forbiddenField, invalid} from '../../api/field.ts';
import type {JSONSchemaProps, ValidationRule} from '../../api/kinds.generated.ts';
import type {Structural} from '../structural.ts';
import {structural} from '../structural.ts';
import type {Checked} from './checker.ts';
import {estimateCost} from './cost.ts';
import {compileRule, hasRules, rulesOf} from './schema-rules.ts';
import type {DeclaredType} from './schema-types.ts';
import {declaredType, MAXIMUM_REQUEST} from './schema-types.ts';

/** What one expression, and all of one schema, may cost by estimate. */
const EXPRESSION_LIMIT = 10_000_000;
const SCHEMA_LIMIT = 100_000_000;
const NAMED_EXPENSIVE = 4;
const HINT = '(try simplifying the rule, or adding maxItems, maxProperties, and maxLength where arrays, maps, and strings are declared)';

interface Place {
  /** How often the schema's values may occur in an object; undefined: no bound is known. */
  readonly cardinality: number | undefined;
  /** The nearest ancestor whose items have no past to be compared with. */
  readonly uncorrelatable: FieldPath | undefined;
}

interface Totals {
  readonly errors: FieldError[];
  total: number;
  expensive: {path: FieldPath; cost: number}[];
  isBlocked(path: FieldPath): boolean;
}

/**
 * Compiles every rule of a CRD's schema and estimates what it may cost (k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/validation).
 * Parts of which other errors are known (`faulty`: their fields) are left out. `path` is that of openAPIV3Schema.
 */
export function validateExpressions(props: JSONSchemaProps, path: FieldPath, faulty: readonly FieldPath[] = []): FieldError[] {
  const schema = structural(props);
  if (!hasRules(schema)) return [];
  const totals: Totals = {
    errors: [],
    total: 0,
    expensive: [],
    isBlocked: own => faulty.some(field => field === own || field.startsWith(`${own}.`) || field.startsWith(`${own}[`)),
  };
  visit(schema, declaredType(schema, true), path, {cardinality: 1, uncorrelatable: undefined}, totals);
  if (totals.total > SCHEMA_LIMIT) {
    for (const {path: own} of totals.expensive) {
      totals.errors.push(forbiddenField(own, 'contributed to estimated rule cost total exceeding cost limit for entire OpenAPIv3 schema'));
    }
    totals.errors.push(
      forbiddenField(
        path,
        tooCostly('x-kubernetes-validations estimated rule cost total for entire OpenAPIv3 schema', totals.total, SCHEMA_LIMIT),
      ),
    );
  }
  return totals.errors;
}

function visit(schema: Structural, type: DeclaredType | undefined, path: FieldPath, place: Place, totals: Totals): void {
  const cardinality = multiply(place.cardinality, mostElements(schema));
  const {items, additionalProperties} = schema;
  const atomicMap = schema.mapType === 'atomic';
  const inside = {cardinality, uncorrelatable: place.uncorrelatable ?? (atomicMap ? path : undefined)};
  if (typeof additionalProperties === 'object' && hasRules(additionalProperties))
    visit(additionalProperties, typeOf(additionalProperties), child(path, 'additionalProperties'), inside, totals);
  for (const [name, property] of [...schema.properties].sort(([a], [b]) => (a < b ? -1 : 1))) {
    if (hasRules(property)) visit(property, typeOf(property), at(child(path, 'properties'), name), inside, totals);
  }
  for (const [index, part] of schema.allOf.entries()) {
    if (hasRules(part)) visit({...schema, props: {...part.props}, allOf: []}, type, at(child(path, 'allOf'), index), place, totals);
  }
  if (items && hasRules(items)) {
    const past = schema.listType === 'map' ? place.uncorrelatable : (place.uncorrelatable ?? path);
    visit(items, typeOf(items), child(path, 'items'), {cardinality, uncorrelatable: past}, totals);
  }
  if (type === undefined || totals.isBlocked(path)) return;
  for (const [index, rule] of rulesOf(schema.props).entries()) {
    if (rule.rule.trim() !== '') checkRule(rule, type, at(child(path, 'x-kubernetes-validations'), index), place, totals);
  }
}

const typeOf = (schema: Structural): DeclaredType | undefined => declaredType(schema, schema.embeddedResource);

function checkRule(rule: ValidationRule, type: DeclaredType, path: FieldPath, place: Place, totals: Totals): void {
  const {compiled, message, usesOldSelf} = compileRule(rule, type);
  const rulePath = child(path, 'rule');
  const cardinality = place.cardinality ?? Math.trunc(MAXIMUM_REQUEST / (type.minSize + 1));
  const observe = (checked: Checked, own: FieldPath, what: string, factor: number): void => {
    const cost = Math.min(2 ** 64, estimateCost(checked, type) * factor);
    if (cost > EXPRESSION_LIMIT) totals.errors.push(forbiddenField(own, tooCostly(what, cost, EXPRESSION_LIMIT)));
    totals.total = Math.min(2 ** 64, totals.total + cost);
    if (cost < SCHEMA_LIMIT / 100) return;
    totals.expensive = [...totals.expensive, {path: own, cost}].sort((a, b) => b.cost - a.cost).slice(0, NAMED_EXPENSIVE);
  };
  const shown = {
    Rule: rule.rule,
    Message: rule.message ?? '',
    MessageExpression: rule.messageExpression ?? '',
    Reason: rule.reason ?? null,
    FieldPath: rule.fieldPath ?? '',
    OptionalOldSelf: rule.optionalOldSelf ?? null,
  };
  const wrong = (own: FieldPath, detail: string): FieldError => {
    const error = invalid(own, shown, detail);
    return {...error, message: `Invalid value: ${goJson(shown)}: ${detail}`};
  };
  if ('error' in compiled) totals.errors.push(wrong(rulePath, compiled.error));
  else observe(compiled.checked, rulePath, 'estimated rule cost', cardinality);
  if (message) {
    const own = child(path, 'messageExpression');
    if ('error' in message) totals.errors.push(wrong(own, message.error));
    else observe(message.checked, own, 'estimated messageExpression cost', 1);
  }
  if (!usesOldSelf) {
    if (rule.optionalOldSelf !== undefined && rule.optionalOldSelf !== null)
      totals.errors.push(invalid(child(path, 'optionalOldSelf'), rule.optionalOldSelf, 'may not be set if oldSelf is not used in rule'));
  } else if (place.uncorrelatable !== undefined) {
    totals.errors.push(
      invalid(rulePath, rule.rule, `oldSelf cannot be used on the uncorrelatable portion of the schema within ${place.uncorrelatable}`),
    );
  }
}

/** JSON as Go writes it by default: safe inside HTML. */
const goJson = (value: object): string =>
  JSON.stringify(value).replace(/[<>&\u2028\u2029]/g, char => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`);

function tooCostly(what: string, cost: number, limit: number): string {
  const times = cost / limit;
  const factor = times > 100 ? 'more than 100x' : times < 1.5 ? `${times.toFixed(6)}x` : `${times.toFixed(1)}x`;
  return `${what} exceeds budget by factor of ${factor} ${HINT}`;
}

/** How many values a container's schema describes. */
function mostElements({type, additionalProperties, props}: Structural): number | undefined {
  if (type === 'object') return additionalProperties ? props.maxProperties : 1;
  return type === 'array' ? props.maxItems : 1;
}

const multiply = (a: number | undefined, b: number | undefined): number | undefined =>
  a === undefined || b === undefined ? undefined : Math.min(2 ** 64, a * Math.max(0, b));

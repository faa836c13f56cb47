import type {FieldError, FieldPath} from '../../api/field.ts';
import {at, child, invalid, required} from '../../api/field.ts';
import type {Json} from '../../api/json.ts';
import type {ResourceQuota, ResourceQuotaSpec, ScopedResourceSelectorRequirement} from '../../api/kinds.generated.ts';
import {compareQuantity} from '../../api/quantity.ts';
import type {Strategy} from '../resource.ts';
import {collect, IMMUTABLE, orNull} from '../rules.ts';
import {roundResources} from './pod/defaults.ts';
import {isStandardQuotaResource, validateQuotaResourceName, validateResourceQuantity} from './resource-names.ts';

/** Upstream: pkg/apis/core/validation ValidateResourceQuota, pkg/registry/core/resourcequota. */
export const resourceQuota: Strategy = {
  generation: 'none',
  returnDeletedObject: true,
  metadataOnUpdate: 'update',
  defaults(object) {
    const {spec, status} = object as ResourceQuota;
    roundResources(spec?.hard);
    roundResources(status?.hard);
    roundResources(status?.used);
  },
  validate: object => validateSpec((object as ResourceQuota).spec ?? {}, 'spec'),
  validateUpdate(object, old) {
    const [spec, before] = [(object as ResourceQuota).spec ?? {}, (old as ResourceQuota).spec ?? {}];
    const same = sameSet(spec.scopes, before.scopes);
    return collect(validateSpec(spec, 'spec'), !same && invalid('spec.scopes', orNull(spec.scopes), IMMUTABLE));
  },
  warnings: (object, old) => (old ? [] : requestWarnings((object as ResourceQuota).spec ?? {})),
  subresources: {
    status: {
      validateUpdate(object) {
        const {hard, used} = (object as ResourceQuota).status ?? {};
        return collect(validateAmounts(hard, 'status.hard'), validateAmounts(used, 'status.used'));
      },
    },
  },
};

const sameSet = (a: readonly string[] = [], b: readonly string[] = []): boolean =>
  a.every(item => b.includes(item)) && b.every(item => a.includes(item));

const validateSpec = (spec: ResourceQuotaSpec, path: FieldPath): FieldError[] =>
  collect(validateAmounts(spec.hard, child(path, 'hard')), validateScopes(spec, child(path, 'scopes')), validateSelector(spec, path));

const validateAmounts = (amounts: {[name: string]: string} = {}, path: FieldPath): FieldError[] =>
  Object.entries(amounts).flatMap(([name, amount]) => [
    ...validateQuotaResourceName(name, at(path, name)),
    ...validateResourceQuantity(name, amount, at(path, name)),
  ]);

const EXISTS_ONLY = ['BestEffort', 'NotBestEffort', 'Terminating', 'NotTerminating', 'CrossNamespacePodAffinity'];
const SCOPES = [...EXISTS_ONLY, 'PriorityClass', 'VolumeAttributesClass'];

const POD_RESOURCES = ['pods', 'cpu', 'memory', 'limits.cpu', 'limits.memory', 'requests.cpu', 'requests.memory'];
const SCOPED: {readonly [scope: string]: readonly string[]} = {
  Terminating: POD_RESOURCES,
  NotTerminating: POD_RESOURCES,
  NotBestEffort: POD_RESOURCES,
  PriorityClass: POD_RESOURCES,
  CrossNamespacePodAffinity: POD_RESOURCES,
  BestEffort: ['pods'],
  VolumeAttributesClass: ['persistentvolumeclaims', 'requests.storage'],
};

/** The standard resources a quota limits that a scope says nothing of. */
const outOfScope = (scope: string, {hard = {}}: ResourceQuotaSpec): string[] =>
  Object.keys(hard).filter(name => isStandardQuotaResource(name) && SCOPED[scope] && !SCOPED[scope].includes(name));

const CONFLICTS = [
  ['BestEffort', 'NotBestEffort'],
  ['Terminating', 'NotTerminating'],
];

const conflicting = (scopes: readonly string[], path: FieldPath, shown: Json): FieldError[] =>
  CONFLICTS.filter(pair => pair.every(scope => scopes.includes(scope))).map(() => invalid(path, shown, 'conflicting scopes'));

function validateScopes(spec: ResourceQuotaSpec, path: FieldPath): FieldError[] {
  const {scopes = []} = spec;
  return collect(
    ...scopes.map(scope =>
      collect(
        !SCOPES.includes(scope) && invalid(path, scopes, 'unsupported scope'),
        outOfScope(scope, spec).map(() => invalid(path, scopes, 'unsupported scope applied to resource')),
      ),
    ),
    conflicting(scopes, path, scopes),
  );
}

function validateSelector(spec: ResourceQuotaSpec, path: FieldPath): FieldError[] {
  if (!spec.scopeSelector) return [];
  const expressions = spec.scopeSelector.matchExpressions ?? [];
  const where = child(path, 'scopeSelector', 'matchExpressions');
  const names = expressions.map(({scopeName}) => scopeName);
  return collect(
    ...expressions.map(expression => validateExpression(expression, spec, where)),
    conflicting(names, where, orNull(spec.scopes)),
  );
}

function validateExpression(expression: ScopedResourceSelectorRequirement, spec: ResourceQuotaSpec, path: FieldPath): FieldError[] {
  const {scopeName = '', operator = '', values = []} = expression as Partial<ScopedResourceSelectorRequirement>;
  const shown = {
    MatchExpressions: (spec.scopeSelector!.matchExpressions ?? []).map(each => ({
      ScopeName: each.scopeName ?? '',
      Operator: each.operator ?? '',
      Values: orNull(each.values),
    })),
  };
  return collect(
    !SCOPES.includes(scopeName) && invalid(child(path, 'scopeName'), scopeName, 'unsupported scope'),
    outOfScope(scopeName, spec).map(() => invalid(path, shown, 'unsupported scope applied to resource')),
    EXISTS_ONLY.includes(scopeName) &&
      operator !== 'Exists' &&
      invalid(
        child(path, 'operator'),
        operator,
        "must be 'Exists' when scope is any of ResourceQuotaScopeTerminating, ResourceQuotaScopeNotTerminating, ResourceQuotaScopeBestEffort, ResourceQuotaScopeNotBestEffort or ResourceQuotaScopeCrossNamespacePodAffinity",
      ),
    validateValues(operator, values, path),
  );
}

function validateValues(operator: string, values: readonly string[], path: FieldPath): FieldError | false {
  switch (operator) {
    case 'In':
    case 'NotIn':
      return (
        values.length === 0 &&
        required(child(path, 'values'), "must be at least one value when `operator` is 'In' or 'NotIn' for scope selector")
      );
    case 'Exists':
    case 'DoesNotExist':
      return (
        values.length > 0 &&
        invalid(child(path, 'values'), [...values], "must be no value when `operator` is 'Exist' or 'DoesNotExist' for scope selector")
      );
    default:
      return invalid(child(path, 'operator'), operator, 'not a valid selector operator');
  }
}

/** Requests that exceed the limits of the same resource can never be used up. */
function requestWarnings({hard = {}}: ResourceQuotaSpec): string[] {
  return ['cpu', 'memory', 'ephemeral-storage'].flatMap(name => {
    const [requestName, limitName] = [`requests.${name}`, `limits.${name}`];
    const told = hard[requestName] === undefined && name !== 'ephemeral-storage' ? name : requestName;
    const [request, limit] = [hard[told], hard[limitName]];
    if (request === undefined || limit === undefined || compareQuantity(request, limit) <= 0) return [];
    return [`ResourceQuota ${told} (${request}) should be less than ${limitName} (${limit})`];
  });
}

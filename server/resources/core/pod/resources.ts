import type {FieldError, FieldPath} from '../../../api/field.ts';
import {at, child, duplicate, forbiddenField, invalid, required} from '../../../api/field.ts';
import type {Json} from '../../../api/json.ts';
import type {PodSpec, ResourceClaim, ResourceRequirements} from '../../../api/kinds.generated.ts';
import {isDNS1123Label} from '../../../api/names.ts';
import {compareQuantity} from '../../../api/quantity.ts';
import {collect, named} from '../../rules.ts';
import {
  isHugePage,
  isOvercommitAllowed,
  validateContainerResourceName,
  validateHugePages,
  validatePodResourceName,
  validateResourceQuantity,
} from '../resource-names.ts';
import type {PodOptions} from './options.ts';
import {aggregateContainerResources} from './pod-resources.ts';

/** Names in `spec.resourceClaims`. */
export type ClaimNames = ReadonlySet<string>;

/** `resources` of a container. */
export const validateContainerResources = (
  resources: ResourceRequirements,
  claims: ClaimNames,
  path: FieldPath,
  options: PodOptions,
): FieldError[] => validateRequirements(resources, claims, path, options, validateContainerResourceName);

/** `spec.resources`: amounts for the whole pod, which have to hold those of its containers. */
export function validatePodResources(spec: PodSpec, claims: ClaimNames, path: FieldPath, options: PodOptions): FieldError[] {
  const {resources, os} = spec;
  if (!resources) return [];
  if (os?.name === 'windows') return [forbiddenField(path, 'may not be set for a windows pod')];
  return collect(
    resources.claims && forbiddenField(child(path, 'claims'), 'claims may not be set for Resources at pod-level'),
    validateRequirements(resources, claims, path, options, validatePodResourceName),
    validateConsistency(spec, path),
  );
}

type NameRule = (name: string, path: FieldPath) => FieldError[];

function validateRequirements(
  {limits = {}, requests = {}, claims = []}: ResourceRequirements,
  claimNames: ClaimNames,
  path: FieldPath,
  options: PodOptions,
  validateName: NameRule,
): FieldError[] {
  const names = [...Object.keys(limits), ...Object.keys(requests)];
  if (names.length === 0 && claims.length === 0) return [];
  const pages = (name: string, amount: string, where: FieldPath) =>
    !options.allowIndivisibleHugePages && validateHugePages(name, amount, where);
  const limitPath = child(path, 'limits');
  const requestPath = child(path, 'requests');
  return collect(
    ...Object.keys(limits).map(name => {
      const where = at(limitPath, name);
      return collect(validateName(name, where), validateResourceQuantity(name, limits[name]!, where), pages(name, limits[name]!, where));
    }),
    ...Object.keys(requests).map(name => {
      const where = at(requestPath, name);
      const amount = requests[name]!;
      return collect(
        validateName(name, where),
        validateResourceQuantity(name, amount, where),
        validateAgainstLimit(name, amount, limits[name], requestPath, limitPath),
        pages(name, amount, where),
      );
    }),
    names.some(isHugePage) &&
      !names.includes('cpu') &&
      !names.includes('memory') &&
      forbiddenField(path, 'HugePages require cpu or memory'),
    validateClaimReferences(claims, claimNames, child(path, 'claims')),
  );
}

// Told at the whole list of requests.
function validateAgainstLimit(
  name: string,
  request: string,
  limit: string | undefined,
  path: FieldPath,
  limitPath: FieldPath,
): FieldError | false {
  if (limit === undefined) return !isOvercommitAllowed(name) && required(limitPath, 'Limit must be set for non overcommitable resources');
  const order = compareQuantity(request, limit);
  if (order !== 0 && !isOvercommitAllowed(name)) return invalid(path, request, `must be equal to ${name} limit of ${limit}`);
  return order > 0 && invalid(path, request, `must be less than or equal to ${name} limit of ${limit}`);
}

function validateClaimReferences(claims: readonly ResourceClaim[], claimNames: ClaimNames, path: FieldPath): FieldError[] {
  const seen = new Set<string>();
  return collect(
    ...claims.map((claim, i) => {
      const {name, request} = claim as unknown as {name?: string; request?: string};
      const where = at(path, i);
      if (!name) return required(where);
      const whole = seen.has(name);
      const key = request ? `${name}/${request}` : name;
      const repeated = whole || seen.has(key) || (!request && [...seen].some(other => other.startsWith(`${name}/`)));
      if (!whole) seen.add(key);
      return collect(
        !whole && request && named(request, child(where, 'request'), isDNS1123Label),
        repeated && duplicate(where, whole ? name : key),
        !claimNames.has(name) && unknownClaim(where, name, claimNames),
      );
    }),
  );
}

const unknownClaim = (path: FieldPath, name: string, known: ClaimNames): FieldError => {
  const which = known.size === 0 ? ' which is empty' : `: ${[...known].sort().join(', ')}`;
  return {
    type: 'FieldValueNotFound',
    field: path,
    message: `Not found: ${JSON.stringify(name)}: must be one of the names in pod.spec.resourceClaims${which}`,
  };
};

function validateConsistency(spec: PodSpec, path: FieldPath): FieldError[] {
  const {limits = {}, requests = {}} = spec.resources!;
  const requested = aggregateContainerResources(spec, 'requests');
  const limited = aggregateContainerResources(spec, 'limits');
  return collect(
    ...Object.keys(requested).map(
      name =>
        requests[name] !== undefined &&
        compareQuantity(requested[name]!, requests[name]) > 0 &&
        invalid(
          at(child(path, 'requests'), name),
          requests[name],
          `must be greater than or equal to aggregate container requests of ${requested[name]}`,
        ),
    ),
    ...Object.keys(limited).map(
      name =>
        isHugePage(name) &&
        limits[name] !== undefined &&
        compareQuantity(limited[name]!, limits[name]) > 0 &&
        invalid(
          at(child(path, 'limits'), name),
          limits[name],
          `must be greater than or equal to aggregate container limits of ${limited[name]}`,
        ),
    ),
    ...spec.containers.flatMap((container, i) =>
      Object.entries(container.resources?.limits ?? {}).map(
        ([name, limit]) =>
          limits[name] !== undefined &&
          compareQuantity(limit, limits[name]) > 0 &&
          invalid(
            child(at(at(child(path, 'containers'), i), name), 'limits'),
            limit as Json,
            `must be less than or equal to pod limits of ${limits[name]}`,
          ),
      ),
    ),
  );
}

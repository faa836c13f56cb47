import type {FieldError, FieldPath} from '../../api/field.ts';
import {invalid, notSupported} from '../../api/field.ts';
import {isQualifiedName} from '../../api/names.ts';
import type {Quantity} from '../../api/quantity.ts';
import {formatQuantity, isWhole, parseQuantity, QuantityError, quantitySign, quantityValue} from '../../api/quantity.ts';
import {collect, NOT_NEGATIVE, named} from '../rules.ts';

/** What names of resources (`cpu`, `hugepages-2Mi`, `example.com/gpu`) mean (pkg/apis/core/helper). */
const HUGE_PAGES = 'hugepages-';

export const isHugePage = (name: string): boolean => name.startsWith(HUGE_PAGES);

/** Belongs to Kubernetes, by having no domain or its domain. */
export const isNativeResource = (name: string): boolean => !name.includes('/') || name.includes('kubernetes.io/');

/** May a container's limit be more than its request? */
export const isOvercommitAllowed = (name: string): boolean => isNativeResource(name) && !isHugePage(name);

/** A resource of somebody else's domain, such as `example.com/gpu`. */
export const isExtendedResource = (name: string): boolean =>
  !isNativeResource(name) && !name.startsWith('requests.') && isQualifiedName(`requests.${name}`).length === 0;

const COMPUTE = ['cpu', 'memory', 'ephemeral-storage'];
const COUNTED = [
  'pods',
  'resourcequotas',
  'services',
  'replicationcontrollers',
  'secrets',
  'configmaps',
  'persistentvolumeclaims',
  'services.nodeports',
  'services.loadbalancers',
];
const CONTAINER_RESOURCES = new Set(COMPUTE);
const INTEGER_RESOURCES = new Set(COUNTED);
const QUOTA_RESOURCES = new Set([
  ...COMPUTE,
  ...COMPUTE.map(name => `requests.${name}`),
  ...COMPUTE.map(name => `limits.${name}`),
  'requests.storage',
  ...COUNTED,
]);
const STANDARD_RESOURCES = new Set([...QUOTA_RESOURCES, 'storage']);

const isQuotaHugePage = (name: string): boolean => isHugePage(name) || name.startsWith(`requests.${HUGE_PAGES}`);

/** A resource that quotas know without a domain. */
export const isStandardQuotaResource = (name: string): boolean => QUOTA_RESOURCES.has(name) || isQuotaHugePage(name);

/** Resources that only come whole. */
export const isIntegerResource = (name: string): boolean => INTEGER_RESOURCES.has(name) || isExtendedResource(name);

export function validateResourceName(name: string, path: FieldPath): FieldError[] {
  const errors = named(name, path, isQualifiedName);
  if (errors.length > 0 || name.includes('/') || STANDARD_RESOURCES.has(name) || isQuotaHugePage(name)) return errors;
  return [invalid(path, name, 'must be a standard resource type or fully qualified')];
}

export function validateContainerResourceName(name: string, path: FieldPath): FieldError[] {
  if (CONTAINER_RESOURCES.has(name)) return [];
  const errors = validateResourceName(name, path);
  if (name.split('/').length === 1) {
    if (!isHugePage(name)) errors.push(invalid(path, name, 'must be a standard resource for containers'));
  } else if (!isNativeResource(name) && !isExtendedResource(name))
    errors.push(invalid(path, name, "doesn't follow extended resource name standard"));
  return errors;
}

/** Of the amounts for a whole pod. */
export function validatePodResourceName(name: string, path: FieldPath): FieldError[] {
  if (name === 'cpu' || name === 'memory') return [];
  const errors = validateResourceName(name, path);
  return errors.length > 0 || isHugePage(name) ? errors : [notSupported(path, name, ['cpu', HUGE_PAGES, 'memory'])];
}

export const validateQuotaResourceName = (name: string, path: FieldPath): FieldError[] =>
  collect(
    validateResourceName(name, path),
    name.split('/').length === 1 && !isStandardQuotaResource(name) && invalid(path, name, 'must be a standard resource for quota'),
  );

/** An amount of a resource: not negative, and whole where the resource only comes whole. */
export function validateResourceQuantity(name: string, value: string, path: FieldPath): FieldError[] {
  const quantity = parseQuantity(value);
  const errors = quantitySign(quantity) < 0 ? [invalid(path, value, NOT_NEGATIVE)] : [];
  if (isIntegerResource(name) && !isWhole(quantity)) errors.push(invalid(path, value, 'must be an integer'));
  return errors;
}

/** An amount that only must not be negative; told as its value in whole units. */
export function validateBasicQuantity(value: string, path: FieldPath): FieldError[] {
  const units = quantityValue(value);
  return units < 0 ? [invalid(path, units, 'must be a valid resource quantity')] : [];
}

/** Huge pages come in whole pages. */
export function validateHugePages(name: string, value: string, path: FieldPath): FieldError[] {
  if (!isHugePage(name) || isWholePages(name.slice(HUGE_PAGES.length), parseQuantity(value))) return [];
  return [invalid(path, value, `${formatQuantity(parseQuantity(value))} is not positive integer multiple of ${name}`)];
}

function isWholePages(size: string, amount: Quantity): boolean {
  try {
    const page = parseQuantity(size);
    if (quantitySign(page) <= 0 || !isWhole(page)) return false;
    return quantityValue(amount) % quantityValue(page) === 0;
  } catch (error) {
    if (error instanceof QuantityError) return false;
    throw error;
  }
}

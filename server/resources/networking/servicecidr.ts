import type {FieldError, FieldPath} from '../../api/field.ts';
import {at, child, invalid, required} from '../../api/field.ts';
import {familyOfCIDR, validateCIDR} from '../../api/ip.ts';
import type {ServiceCIDR, ServiceCIDRSpec} from '../../api/kinds.generated.ts';
import {internal, struct} from '../internal.ts';
import type {Strategy} from '../resource.ts';
import {collect, each, IMMUTABLE, orNull} from '../rules.ts';

/** Upstream: pkg/apis/networking/validation, pkg/registry/networking/servicecidr. */
export const serviceCIDR: Strategy = {
  validate: object => validateSpec(specOf(object as ServiceCIDR), 'spec'),
  validateUpdate: (object, old) =>
    validateChange(specOf(object as ServiceCIDR).cidrs, specOf(old as ServiceCIDR).cidrs ?? [], 'spec.cidrs'),
  metadataOnUpdate: 'update',
  generation: 'none',
  statusMetadata: 'none',
};

const specOf = (object: ServiceCIDR): ServiceCIDRSpec => object.spec ?? {};

const ONE_OF_EACH_FAMILY = 'may specify no more than one IP for each IP family, i.e 192.168.0.0/24 and 2001:db8::/64';

function validateSpec(spec: ServiceCIDRSpec, path: FieldPath): FieldError[] {
  const cidrs = spec.cidrs ?? [];
  const here = child(path, 'cidrs');
  if (cidrs.length === 0) return [required(here, 'at least one CIDR required')];
  if (cidrs.length > 2) return [invalid(here, internal(spec, struct({'cidrs:CIDRs': null})), 'may only hold up to 2 values')];
  return validateCIDRs(cidrs, here);
}

const validateCIDRs = (cidrs: readonly string[], path: FieldPath): FieldError[] =>
  collect(
    each(cidrs, path, (cidr, here) => validateCIDR(here, cidr)),
    cidrs.length === 2 && !isDualStack(cidrs) && invalid(path, [...cidrs], ONE_OF_EACH_FAMILY),
  );

/** One of each family, as far as they can be read. */
function isDualStack(cidrs: readonly string[]): boolean {
  const families = cidrs.map(familyOfCIDR);
  return families.includes(undefined) || (families.includes(4) && families.includes(6));
}

/** One CIDR may be joined by one of the other family; nothing else may change. */
function validateChange(cidrs: readonly string[] | undefined, old: readonly string[], path: FieldPath): FieldError[] {
  const now = cidrs ?? [];
  const same = now.length === old.length;
  const upgrade = old.length === 1 && now.length === 2;
  if (!same && !upgrade) return [invalid(path, orNull(cidrs), IMMUTABLE)];
  return collect(...old.map((cidr, i) => cidr !== now[i] && invalid(at(path, i), now[i], IMMUTABLE)), upgrade && validateCIDRs(now, path));
}

import type {FieldError, FieldPath} from '../../api/field.ts';
import {at, child, duplicate, invalid, notSupported, required} from '../../api/field.ts';
import {familyOf, validateLegacyIP} from '../../api/ip.ts';
import type {ServiceSpec} from '../../api/kinds.generated.ts';
import {collect, each, orNull} from '../rules.ts';
import {isHeadless} from './service-fields.ts';

const FAMILIES = ['IPv4', 'IPv6'];
const POLICIES = ['PreferDualStack', 'RequireDualStack', 'SingleStack'];

/** Cluster IPs and what goes with them (ValidateServiceClusterIPsRelatedFields). */
export function validateClusterIPs(spec: ServiceSpec, old: ServiceSpec | undefined, path: FieldPath): FieldError[] {
  if (spec.type === 'ExternalName') return [];
  const {clusterIPs = [], ipFamilies = [], ipFamilyPolicy} = spec;
  const ipsPath = child(path, 'clusterIPs');
  const families = child(path, 'ipFamilies');
  const [bad, ipErrors] = validateAddresses(clusterIPs, old?.clusterIPs ?? [], ipsPath);
  const errors = collect(
    validatePair(spec, ipsPath),
    each(ipFamilies, families, (family, where, i) =>
      collect(
        !FAMILIES.includes(family) && notSupported(where, family, FAMILIES),
        ipFamilies.indexOf(family) < i && duplicate(where, family),
      ),
    ),
    ipFamilyPolicy !== undefined &&
      !POLICIES.includes(ipFamilyPolicy) &&
      notSupported(child(path, 'ipFamilyPolicy'), ipFamilyPolicy, POLICIES),
    ipErrors,
    clusterIPs.length > 2 && invalid(ipsPath, clusterIPs, 'may only hold up to 2 values'),
  );
  return bad ? errors : [...errors, ...validateFamilies(spec, ipsPath)];
}

/** clusterIP is the first of clusterIPs. */
function validatePair({clusterIP = '', clusterIPs = []}: ServiceSpec, path: FieldPath): FieldError[] {
  if (!clusterIP) return clusterIPs.length > 0 ? [invalid(path, clusterIPs, 'must be empty when `clusterIP` is not specified')] : [];
  if (clusterIPs.length === 0) return [required(path)];
  return clusterIPs[0] === clusterIP ? [] : [invalid(path, clusterIPs, 'first value must match `clusterIP`')];
}

function validateAddresses(ips: readonly string[], old: readonly string[], path: FieldPath): [bad: boolean, errors: FieldError[]] {
  const errors = each(ips, path, (ip, where, i) => {
    if (i > 0 || ip !== 'None') return validateLegacyIP(where, ip, old);
    return ips.length > 1 && invalid(path, [...ips], "'None' must be the first and only value");
  });
  return [errors.length > 0, errors];
}

function validateFamilies(spec: ServiceSpec, path: FieldPath): FieldError[] {
  const {clusterIPs: ips = [], ipFamilies = []} = spec;
  const dual = new Set(ips.map(familyOf)).size === 2;
  return collect(
    ips.length > 1 && !dual && invalid(path, ips, 'may specify no more than one IP for each IP family'),
    !isHeadless(spec) &&
      each(ips, path, (ip, where, i) => {
        const family = ipFamilies[i];
        const actual = familyOf(ip) === 6 ? 'IPv6' : 'IPv4';
        if ((family !== 'IPv4' && family !== 'IPv6') || family === actual) return false;
        return invalid(where, ip, `expected an ${family} value as indicated by \`ipFamilies[${i}]\``);
      }),
  );
}

/** What of addresses and families may change (validateUpgradeDowngradeClusterIPs, …IPFamilies). */
export function validateClusterIPsUpdate(spec: ServiceSpec, old: ServiceSpec, path: FieldPath): FieldError[] {
  if (spec.type === 'ExternalName' || old.type === 'ExternalName') return [];
  const [headless, wasHeadless] = [isHeadless(spec), isHeadless(old)];
  return collect(
    !(headless && wasHeadless) && validateAddressChanges(spec, old, path),
    !headless && !wasHeadless && validateFamilyChanges(spec, old, path),
  );
}

const ONCE_SET = 'may not change once set';

function validateAddressChanges(
  {clusterIPs, ipFamilyPolicy}: ServiceSpec,
  {clusterIPs: old = []}: ServiceSpec,
  path: FieldPath,
): FieldError[] {
  const [now, where] = [clusterIPs ?? [], child(path, 'clusterIPs')];
  const shown = orNull(clusterIPs);
  if (now.length === old.length) return old.flatMap((ip, i) => (ip === now[i] ? [] : [invalid(at(where, i), shown, ONCE_SET)]));
  const changed = old.length > 0 && now.length > 0 && now[0] !== old[0] && invalid(at(where, 0), shown, ONCE_SET);
  if (now.length > old.length) return collect(changed);
  return collect(
    now.length === 0 && invalid(at(where, 0), shown, 'primary clusterIP can not be unset'),
    changed,
    now.length === 1 &&
      ipFamilyPolicy !== 'SingleStack' &&
      invalid(child(path, 'ipFamilyPolicy'), orNull(ipFamilyPolicy), "must be set to 'SingleStack' when releasing the secondary clusterIP"),
  );
}

function validateFamilyChanges(spec: ServiceSpec, {ipFamilies: old = []}: ServiceSpec, path: FieldPath): FieldError[] {
  const {ipFamilies, ipFamilyPolicy, clusterIPs} = spec;
  const now = ipFamilies ?? [];
  const where = at(child(path, 'ipFamilies'), 0);
  if (now.length === old.length)
    return old.flatMap((family, i) => (family === now[i] ? [] : [invalid(where, orNull(ipFamilies), ONCE_SET)]));
  const changed = old.length > 0 && now.length > 0 && now[0] !== old[0] && invalid(where, orNull(clusterIPs), ONCE_SET);
  if (now.length > old.length) return collect(changed);
  return collect(
    !clusterIPs?.length && invalid(where, orNull(ipFamilies), 'primary ipFamily can not be unset'),
    changed,
    now.length === 1 &&
      ipFamilyPolicy !== 'SingleStack' &&
      invalid(child(path, 'ipFamilyPolicy'), orNull(ipFamilyPolicy), "must be set to 'SingleStack' when releasing the secondary ipFamily"),
  );
}

import type {FieldError, FieldPath} from '../../../api/field.ts';
import {at, child, forbiddenField, invalid, required, tooLong} from '../../../api/field.ts';
import {validateLegacyIP} from '../../../api/ip.ts';
import type {HostAlias, PodDNSConfig, PodSpec} from '../../../api/kinds.generated.ts';
import {isDNS1123Subdomain, isDNS1123SubdomainWithUnderscore, longerThan} from '../../../api/names.ts';
import {collect, each, named} from '../../rules.ts';
import type {PodOptions} from './options.ts';

export function validateDNSConfig({dnsConfig, dnsPolicy}: PodSpec, path: FieldPath): FieldError[] {
  if (dnsPolicy === 'None' && !dnsConfig) return [required(path, 'must provide `dnsConfig` when `dnsPolicy` is None')];
  if (dnsPolicy === 'None' && !dnsConfig!.nameservers?.length)
    return [required(child(path, 'nameservers'), 'must provide at least one DNS nameserver when `dnsPolicy` is None')];
  return dnsConfig ? validateResolver(dnsConfig, path) : [];
}

function validateResolver({nameservers = [], searches = [], options}: PodDNSConfig, path: FieldPath): FieldError[] {
  const searchPath = child(path, 'searches');
  return collect(
    nameservers.length > 3 && invalid(child(path, 'nameservers'), nameservers, 'must not have more than 3 nameservers'),
    each(nameservers, child(path, 'nameservers'), (address, where) => validateLegacyIP(where, address)),
    searches.length > 32 && invalid(searchPath, searches, 'must not have more than 32 search paths'),
    longerThan(searches.join(' '), 2048) &&
      invalid(searchPath, searches, 'must not have more than 2048 characters (including spaces) in the search list'),
    each(
      searches,
      searchPath,
      (search, where) => search !== '.' && named(search.replace(/\.$/, ''), where, isDNS1123SubdomainWithUnderscore),
    ),
    each(options, child(path, 'options'), ({name}, where) => !name && required(where, 'must not be empty')),
  );
}

export const validateHostAliases = (aliases: readonly HostAlias[] | undefined, path: FieldPath): FieldError[] =>
  each(aliases, path, ({ip = '', hostnames}, where) =>
    collect(
      validateLegacyIP(child(where, 'ip'), ip),
      each(hostnames, child(where, 'hostnames'), (name, at) => named(name, at, isDNS1123Subdomain)),
    ),
  );

/** On the host's network a container's port is the host's. */
export function validateHostNetworkPorts({hostNetwork, containers}: PodSpec, path: FieldPath, {isPod}: PodOptions): FieldError[] {
  if (!hostNetwork) return [];
  return containers.flatMap((container, i) =>
    each(container.ports, child(at(path, i), 'ports'), ({hostPort = 0, containerPort = 0}, where) => {
      if (hostPort === containerPort || (!isPod && hostPort === 0)) return false;
      return invalid(child(where, 'hostPort'), hostPort, 'must match `containerPort` when `hostNetwork` is true');
    }),
  );
}

export function validateHostnameOverride({hostnameOverride, setHostnameAsFQDN, hostNetwork}: PodSpec, path: FieldPath): FieldError[] {
  if (hostnameOverride === undefined) return [];
  const where = child(path, 'hostnameOverride');
  return collect(
    setHostnameAsFQDN && forbiddenField(where, 'may not be specified when setHostnameAsFQDN is true'),
    hostNetwork && forbiddenField(where, 'may not be specified when hostNetwork is true'),
    longerThan(hostnameOverride, 64) && tooLong(where, 64),
    named(hostnameOverride, where, isDNS1123Subdomain),
  );
}

import type {PodSpec} from '../../../api/kinds.generated.ts';
import type {ObjectMeta} from '../../../api/object.ts';
import {hasInvalidLabelValue, validateLabelSelector} from '../../rules.ts';
import {hasInvalidTermValue} from '../node-selector.ts';
import {validateNonReservedPath} from '../paths.ts';
import {validateHugePages} from '../resource-names.ts';
import {hasBadDeletionCost} from './annotations.ts';
import type {PodOptions} from './options.ts';
import {containersWithPaths, hasHostSysctl} from './security.ts';

/** What an update goes on taking because the spec before had it (GetValidationOptionsFromPodSpecAndMeta). */
export function lenientOptions(old: PodSpec, metadata: Pick<ObjectMeta, 'annotations'> | undefined): PodOptions {
  return {
    allowInvalidSelectorValues: affinitySelectors(old).some(hasInvalidLabelValue),
    allowInvalidNodeAffinityValues: hasInvalidTermValue(old.affinity?.nodeAffinity?.[REQUIRED]?.nodeSelectorTerms),
    allowDevicesInUserNamespace:
      old.hostUsers === false && [...containersWithPaths(old, '')].some(([{volumeDevices}]) => volumeDevices?.length),
    allowInvalidSpreadSelector: (old.topologySpreadConstraints ?? []).some(
      ({labelSelector}) => validateLabelSelector(labelSelector, '').length > 0,
    ),
    allowIndivisibleHugePages: [...containersWithPaths(old, '')].some(
      ([{resources}]) => hasPartialPages(resources?.limits) || hasPartialPages(resources?.requests),
    ),
    allowHostSysctls: hasHostSysctl(old),
    allowNonLocalTokenPath: tokenPaths(old).some(path => validateNonReservedPath(path, '').length > 0),
    allowMountOption: old.securityContext?.seLinuxChangePolicy !== undefined,
    allowInvalidDeletionCost: hasBadDeletionCost(metadata?.annotations),
    allowRestartContainerForInit: (old.initContainers ?? []).some(
      ({restartPolicy, resizePolicy}) =>
        restartPolicy !== 'Always' && (resizePolicy ?? []).some(policy => policy.restartPolicy === 'RestartContainer'),
    ),
  };
}

const REQUIRED = 'requiredDuringSchedulingIgnoredDuringExecution';
const PREFERRED = 'preferredDuringSchedulingIgnoredDuringExecution';

const affinitySelectors = ({affinity}: PodSpec) =>
  [affinity?.podAffinity, affinity?.podAntiAffinity].flatMap(each => [
    ...(each?.[REQUIRED] ?? []).map(term => term.labelSelector),
    ...(each?.[PREFERRED] ?? []).map(({podAffinityTerm}) => podAffinityTerm.labelSelector),
  ]);

const hasPartialPages = (list: {[name: string]: string} | undefined): boolean =>
  list !== undefined && Object.entries(list).some(([name, amount]) => validateHugePages(name, amount, '').length > 0);

const tokenPaths = ({volumes}: PodSpec): string[] =>
  (volumes ?? []).flatMap(({projected}) => (projected?.sources ?? []).flatMap(({serviceAccountToken}) => serviceAccountToken?.path ?? []));

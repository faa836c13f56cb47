import type {Container, PodSpec, Volume} from '../../api/kinds.generated.ts';
import {seccompProfile as badSeccompProfile, isBadSeccomp} from './baseline.ts';
import type {PodLike, Violation} from './visit.ts';
import {allContainers, containersThat, namedContainers, plural, quoted, setters, sortedSet} from './visit.ts';

type Check = (pod: PodLike) => Violation | undefined;

/** The check, which does not concern pods for Windows. */
export const exceptWindows =
  (check: Check): Check =>
  pod =>
    pod.spec.os?.name === 'windows' ? undefined : check(pod);

/** The check, which does not concern pods with a user namespace of their own. */
export const exceptUserNamespaces =
  (check: Check): Check =>
  pod =>
    pod.spec.hostUsers === false ? undefined : check(pod);

export const allowPrivilegeEscalation: Check = ({spec}) => {
  const containers = containersThat(spec, ({securityContext}) => securityContext?.allowPrivilegeEscalation !== false);
  if (containers.length === 0) return undefined;
  return {
    reason: 'allowPrivilegeEscalation != false',
    detail: `${namedContainers(containers)} must set securityContext.allowPrivilegeEscalation=false`,
  };
};

export const capabilities: Check = ({spec}) => {
  const keeping = containersThat(spec, ({securityContext}) => !(securityContext?.capabilities?.drop ?? []).includes('ALL'));
  const forbidden = ({securityContext}: Container) =>
    (securityContext?.capabilities?.add ?? []).filter(name => name !== 'NET_BIND_SERVICE');
  const adding = containersThat(spec, container => forbidden(container).length > 0);
  const details = [
    ...(keeping.length > 0 ? [`${namedContainers(keeping)} must set securityContext.capabilities.drop=["ALL"]`] : []),
    ...(adding.length > 0 ? [`${namedContainers(adding)} must not include ${added(spec)} in securityContext.capabilities.add`] : []),
  ];
  function added(pod: PodSpec): string {
    return quoted(sortedSet(allContainers(pod).flatMap(forbidden)));
  }
  return details.length > 0 ? {reason: 'unrestricted capabilities', detail: details.join('; ')} : undefined;
};

const FREE_VOLUMES = [
  'configMap',
  'csi',
  'downwardAPI',
  'emptyDir',
  'ephemeral',
  'image',
  'persistentVolumeClaim',
  'projected',
  'secret',
] as const;

export const restrictedVolumes: Check = ({spec}) => {
  const bad = (spec.volumes ?? []).filter(volume => !FREE_VOLUMES.some(type => volume[type]));
  if (bad.length === 0) return undefined;
  const types = sortedSet(bad.map(typeOf));
  const names = `${plural('volume', bad.length)} ${quoted(bad.map(({name}) => name))}`;
  return {
    reason: 'restricted volume types',
    detail: `${names} ${bad.length === 1 ? 'uses' : 'use'} ${plural('restricted volume type', types.length)} ${quoted(types)}`,
  };
};

const typeOf = (volume: Volume): string => Object.keys(volume).find(field => field !== 'name') ?? 'unknown';

export const runAsNonRoot: Check = ({spec}) => {
  const wanted = spec.securityContext?.runAsNonRoot;
  const ownWish = ({securityContext}: Container) => securityContext?.runAsNonRoot;
  const who = setters(
    wanted === false,
    containersThat(spec, container => ownWish(container) === false),
  );
  const reason = 'runAsNonRoot != true';
  if (who !== '') return {reason, detail: `${who} must not set securityContext.runAsNonRoot=false`};
  const silent = wanted === true ? [] : containersThat(spec, container => ownWish(container) === undefined);
  return silent.length > 0 ? {reason, detail: `pod or ${namedContainers(silent)} must set securityContext.runAsNonRoot=true`} : undefined;
};

export const runAsUser: Check = ({spec}) => {
  const who = setters(
    spec.securityContext?.runAsUser === 0,
    containersThat(spec, ({securityContext}) => securityContext?.runAsUser === 0),
  );
  return who === '' ? undefined : {reason: 'runAsUser=0', detail: `${who} must not set runAsUser=0`};
};

export const seccompProfile: Check = pod => {
  const bad = badSeccompProfile(pod);
  if (bad) return bad;
  const type = pod.spec.securityContext?.seccompProfile?.type;
  if (type !== undefined && !isBadSeccomp(type)) return undefined;
  const silent = containersThat(pod.spec, ({securityContext}) => securityContext?.seccompProfile === undefined);
  if (silent.length === 0) return undefined;
  return {
    reason: 'seccompProfile',
    detail: `pod or ${namedContainers(silent)} must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost"`,
  };
};

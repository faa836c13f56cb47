import type {Container, LifecycleHandler, Probe, SELinuxOptions} from '../../api/kinds.generated.ts';
import type {PodLike, Violation} from './visit.ts';
import {allContainers, containersThat, namedContainers, plural, quoted, setters, sortedSet} from './visit.ts';

type Check = (pod: PodLike) => Violation | undefined;

const APPARMOR_PREFIX = 'container.apparmor.security.beta.kubernetes.io/';

export const appArmorProfile: Check = ({metadata, spec}) => {
  const isBad = (type: string | undefined) => type !== undefined && type !== 'RuntimeDefault' && type !== 'Localhost';
  const podType = spec.securityContext?.appArmorProfile?.type;
  const containers = allContainers(spec).filter(({securityContext}) => isBad(securityContext?.appArmorProfile?.type));
  const types = [podType, ...containers.map(({securityContext}) => securityContext!.appArmorProfile!.type)].filter(type =>
    isBad(type),
  ) as string[];
  const annotations = Object.entries(metadata?.annotations ?? {})
    .filter(([name, value]) => name.startsWith(APPARMOR_PREFIX) && !/^(|runtime\/default|localhost\/.*)$/s.test(value))
    .map(([name, value]) => `${name}=${JSON.stringify(value)}`);
  const who = [
    setters(
      isBad(podType),
      containers.map(({name}) => name),
    ),
    annotations.length > 0 ? plural('annotation', annotations.length) : '',
  ].filter(part => part !== '');
  if (who.length === 0) return undefined;
  const values = [...sortedSet(types), ...annotations.sort()];
  return {
    reason: plural('forbidden AppArmor profile', values.length),
    detail: `${who.join(' and ')} must not set AppArmor profile type to ${quoted(values)}`,
  };
};

const DEFAULT_CAPABILITIES = new Set([
  'AUDIT_WRITE',
  'CHOWN',
  'DAC_OVERRIDE',
  'FOWNER',
  'FSETID',
  'KILL',
  'MKNOD',
  'NET_BIND_SERVICE',
  'SETFCAP',
  'SETGID',
  'SETPCAP',
  'SETUID',
  'SYS_CHROOT',
]);

export const capabilities: Check = ({spec}) => {
  const forbidden = ({securityContext}: Container) =>
    (securityContext?.capabilities?.add ?? []).filter(capability => !DEFAULT_CAPABILITIES.has(capability));
  const containers = containersThat(spec, container => forbidden(container).length > 0);
  if (containers.length === 0) return undefined;
  const names = quoted(sortedSet(allContainers(spec).flatMap(forbidden)));
  return {
    reason: 'non-default capabilities',
    detail: `${namedContainers(containers)} must not include ${names} in securityContext.capabilities.add`,
  };
};

export const hostNamespaces: Check = ({spec}) => {
  const used = (['hostNetwork', 'hostPID', 'hostIPC'] as const).filter(name => spec[name]).map(name => `${name}=true`);
  return used.length > 0 ? {reason: 'host namespaces', detail: used.join(', ')} : undefined;
};

export const hostPathVolumes: Check = ({spec}) => {
  const names = (spec.volumes ?? []).filter(({hostPath}) => hostPath).map(({name}) => name);
  return names.length > 0 ? {reason: 'hostPath volumes', detail: `${plural('volume', names.length)} ${quoted(names)}`} : undefined;
};

export const hostPorts: Check = ({spec}) => {
  const portsOf = ({ports}: Container) => (ports ?? []).filter(({hostPort}) => hostPort).map(({hostPort}) => String(hostPort));
  const containers = containersThat(spec, container => portsOf(container).length > 0);
  if (containers.length === 0) return undefined;
  const ports = sortedSet(allContainers(spec).flatMap(portsOf));
  return {
    reason: 'hostPort',
    detail: `${namedContainers(containers)} ${use(containers)} ${plural('hostPort', ports.length)} ${ports.join(', ')}`,
  };
};

const use = (names: readonly string[]): string => (names.length === 1 ? 'uses' : 'use');

export const probeHosts: Check = ({spec}) => {
  const hosts = (container: Container) =>
    [
      container.livenessProbe,
      container.readinessProbe,
      container.startupProbe,
      container.lifecycle?.postStart,
      container.lifecycle?.preStop,
    ].flatMap(hostsOf);
  const containers = sortedSet(containersThat(spec, container => hosts(container).length > 0));
  if (containers.length === 0) return undefined;
  const bad = sortedSet(allContainers(spec).flatMap(hosts));
  return {
    reason: 'probe or lifecycle host',
    detail: `${namedContainers(containers)} ${use(containers)} ${plural('probe or lifecycle host', bad.length)} ${quoted(bad)}`,
  };
};

const hostsOf = (handler: Probe | LifecycleHandler | undefined): string[] =>
  [handler?.httpGet?.host, handler?.tcpSocket?.host].filter(host => host !== undefined && host !== '') as string[];

export const privileged: Check = ({spec}) => {
  const containers = containersThat(spec, ({securityContext}) => securityContext?.privileged === true);
  if (containers.length === 0) return undefined;
  return {reason: 'privileged', detail: `${namedContainers(containers)} must not set securityContext.privileged=true`};
};

export const procMount: Check = ({spec}) => {
  const mountOf = ({securityContext}: Container) => securityContext?.procMount ?? 'Default';
  const containers = containersThat(spec, container => mountOf(container) !== 'Default');
  if (containers.length === 0) return undefined;
  const types = sortedSet(
    allContainers(spec)
      .map(mountOf)
      .filter(type => type !== 'Default'),
  );
  return {reason: 'procMount', detail: `${namedContainers(containers)} must not set securityContext.procMount to ${quoted(types)}`};
};

const SELINUX_TYPES = ['container_t', 'container_init_t', 'container_kvm_t'];

/** The check with more types allowed than from the beginning. */
export const seLinuxOptions =
  (...more: string[]): Check =>
  ({spec}) => {
    const allowed = new Set([undefined, '', ...SELINUX_TYPES, ...more]);
    const isBad = (options: SELinuxOptions | undefined) =>
      options !== undefined && (!allowed.has(options.type) || Boolean(options.user) || Boolean(options.role));
    const ofPod = spec.securityContext?.seLinuxOptions;
    const containers = containersThat(spec, ({securityContext}) => isBad(securityContext?.seLinuxOptions));
    const who = setters(isBad(ofPod), containers);
    if (who === '') return undefined;
    const all = [ofPod, ...allContainers(spec).map(({securityContext}) => securityContext?.seLinuxOptions)];
    const types = sortedSet(all.map(options => options?.type ?? '').filter(type => !allowed.has(type)));
    const found = [
      ...(types.length > 0 ? [`${plural('type', types.length)} ${quoted(types)}`] : []),
      ...(all.some(options => options?.user) ? ['user may not be set'] : []),
      ...(all.some(options => options?.role) ? ['role may not be set'] : []),
    ];
    return {reason: 'seLinuxOptions', detail: `${who} set forbidden securityContext.seLinuxOptions: ${found.join('; ')}`};
  };

const SECCOMP_POD = 'seccomp.security.alpha.kubernetes.io/pod';
const SECCOMP_CONTAINER = 'container.seccomp.security.alpha.kubernetes.io/';

/** Up to 1.18, when seccomp was asked for by annotations. */
export const seccompAnnotations: Check = ({metadata, spec}) => {
  const names = [SECCOMP_POD, ...allContainers(spec).map(({name}) => SECCOMP_CONTAINER + name)];
  const bad = names.flatMap(name => {
    const value = metadata?.annotations?.[name];
    return value === undefined || /^(runtime\/default|docker\/default|localhost\/.*)$/s.test(value)
      ? []
      : [`${name}=${JSON.stringify(value)}`];
  });
  if (bad.length === 0) return undefined;
  const list = sortedSet(bad);
  return {reason: 'seccompProfile', detail: `forbidden ${plural('annotation', list.length)} ${list.join(', ')}`};
};

export const isBadSeccomp = (type: string | undefined): boolean => type !== undefined && type !== 'Localhost' && type !== 'RuntimeDefault';

export const seccompProfile: Check = ({spec}) => {
  const podType = spec.securityContext?.seccompProfile?.type;
  const typeOf = ({securityContext}: Container) => securityContext?.seccompProfile?.type;
  const who = setters(
    isBadSeccomp(podType),
    containersThat(spec, container => isBadSeccomp(typeOf(container))),
  );
  if (who === '') return undefined;
  const types = sortedSet([podType, ...allContainers(spec).map(typeOf)].filter(isBadSeccomp) as string[]);
  return {reason: 'seccompProfile', detail: `${who} must not set securityContext.seccompProfile.type to ${quoted(types)}`};
};

const SAFE_SYSCTLS = [
  'kernel.shm_rmid_forced',
  'net.ipv4.ip_local_port_range',
  'net.ipv4.tcp_syncookies',
  'net.ipv4.ping_group_range',
  'net.ipv4.ip_unprivileged_port_start',
];

/** The check with more sysctls allowed than from the beginning. */
export const sysctls =
  (...more: string[]): Check =>
  ({spec}) => {
    const allowed = new Set([...SAFE_SYSCTLS, ...more]);
    const bad = (spec.securityContext?.sysctls ?? []).map(({name}) => name).filter(name => !allowed.has(name));
    return bad.length > 0 ? {reason: 'forbidden sysctls', detail: bad.join(', ')} : undefined;
  };

export const windowsHostProcess: Check = ({spec}) => {
  const who = setters(
    spec.securityContext?.windowsOptions?.hostProcess === true,
    containersThat(spec, ({securityContext}) => securityContext?.windowsOptions?.hostProcess === true),
  );
  return who === '' ? undefined : {reason: 'hostProcess', detail: `${who} must not set securityContext.windowsOptions.hostProcess=true`};
};

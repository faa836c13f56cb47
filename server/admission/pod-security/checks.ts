import * as baseline from './baseline.ts';
import type {LevelVersion} from './policy.ts';
import * as restricted from './restricted.ts';
import type {PodLike, Violation} from './visit.ts';

type Check = (pod: PodLike) => Violation | undefined;

/** A check as it was from each minor version on; the newest that is not newer than the policy's counts. */
interface VersionedCheck {
  readonly since: readonly (readonly [minor: number, check: Check])[];
  /** A stricter check takes its place, from this version on, at the level restricted. */
  readonly replacedSince?: number;
}

const RESERVED_PORTS = 'net.ipv4.ip_local_reserved_ports';
const KEEPALIVE = [
  'net.ipv4.tcp_keepalive_time',
  'net.ipv4.tcp_fin_timeout',
  'net.ipv4.tcp_keepalive_intvl',
  'net.ipv4.tcp_keepalive_probes',
];
const BUFFERS = ['net.ipv4.tcp_rmem', 'net.ipv4.tcp_wmem'];

/** In the order of their upstream ids, which is that of messages (k8s.io/pod-security-admission/policy/registry.go). */
const BASELINE: readonly VersionedCheck[] = [
  {since: [[0, baseline.appArmorProfile]]},
  {since: [[0, baseline.capabilities]], replacedSince: 22},
  {since: [[0, baseline.hostNamespaces]]},
  {since: [[0, baseline.hostPathVolumes]], replacedSince: 0},
  {since: [[0, baseline.hostPorts]]},
  {since: [[34, baseline.probeHosts]]},
  {since: [[0, baseline.privileged]]},
  {
    since: [
      [0, baseline.procMount],
      [35, restricted.exceptUserNamespaces(baseline.procMount)],
    ],
    replacedSince: 35,
  },
  {
    since: [
      [0, baseline.seLinuxOptions()],
      [31, baseline.seLinuxOptions('container_engine_t')],
    ],
  },
  {
    since: [
      [0, baseline.seccompAnnotations],
      [19, baseline.seccompProfile],
    ],
    replacedSince: 19,
  },
  {
    since: [
      [0, baseline.sysctls()],
      [27, baseline.sysctls(RESERVED_PORTS)],
      [29, baseline.sysctls(RESERVED_PORTS, ...KEEPALIVE)],
      [32, baseline.sysctls(RESERVED_PORTS, ...KEEPALIVE, ...BUFFERS)],
    ],
  },
  {since: [[0, baseline.windowsHostProcess]]},
];

const RESTRICTED: readonly VersionedCheck[] = [
  {
    since: [
      [8, restricted.allowPrivilegeEscalation],
      [25, restricted.exceptWindows(restricted.allowPrivilegeEscalation)],
    ],
  },
  {
    since: [
      [22, restricted.capabilities],
      [25, restricted.exceptWindows(restricted.capabilities)],
    ],
  },
  {since: [[35, baseline.procMount]]},
  {since: [[0, restricted.restrictedVolumes]]},
  {
    since: [
      [0, restricted.runAsNonRoot],
      [35, restricted.exceptUserNamespaces(restricted.runAsNonRoot)],
    ],
  },
  {
    since: [
      [23, restricted.runAsUser],
      [35, restricted.exceptUserNamespaces(restricted.runAsUser)],
    ],
  },
  {
    since: [
      [19, restricted.seccompProfile],
      [25, restricted.exceptWindows(restricted.seccompProfile)],
    ],
  },
];

/** What of a pod a level forbids. */
export function violationsOf({level, version}: LevelVersion, pod: PodLike): Violation[] {
  if (level === 'privileged') return [];
  const minor = version === 'latest' ? Number.POSITIVE_INFINITY : version;
  const kept =
    level === 'restricted' ? BASELINE.filter(({replacedSince}) => replacedSince === undefined || minor < replacedSince) : BASELINE;
  const checks = level === 'restricted' ? [...kept, ...RESTRICTED] : kept;
  return checks.flatMap(({since}) => since.findLast(([from]) => from <= minor)?.[1](pod) ?? []);
}

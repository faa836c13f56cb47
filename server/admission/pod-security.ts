import {invalidObject} from '../api/field.ts';
import type {JsonObject} from '../api/json.ts';
import type {Container, Pod, PodSpec} from '../api/kinds.generated.ts';
import type {KubeObject} from '../api/object.ts';
import type {AdmissionLookup, AdmissionPlugin, AdmissionRequest} from './admission.ts';
import {refuse} from './admission.ts';
import {violationsOf} from './pod-security/checks.ts';
import type {Levels, LevelVersion} from './pod-security/policy.ts';
import {asksFor, formatLevel, isStricter, isUnlimited, MODES, NO_LEVELS, policyOf, sameLevel} from './pod-security/policy.ts';
import type {PodLike, Violation} from './pod-security/visit.ts';

/** Where kinds that make pods keep their template. */
const TEMPLATES: {readonly [resource: string]: readonly string[]} = {
  replicationcontrollers: ['spec', 'template'],
  podtemplates: ['template'],
  'replicasets.apps': ['spec', 'template'],
  'deployments.apps': ['spec', 'template'],
  'statefulsets.apps': ['spec', 'template'],
  'daemonsets.apps': ['spec', 'template'],
  'jobs.batch': ['spec', 'template'],
  'cronjobs.batch': ['spec', 'jobTemplate', 'spec', 'template'],
};

const IGNORED_SUBRESOURCES = new Set(['exec', 'attach', 'binding', 'eviction', 'log', 'portforward', 'proxy', 'status']);

/** What the server is told of Pod Security (pod-security.admission.config.k8s.io PodSecurityConfiguration). */
export interface PodSecurityConfig {
  /** For namespaces that say nothing. */
  readonly defaults: Levels;
  /** Whose pods are not looked at. */
  readonly exemptions: {
    readonly usernames: readonly string[];
    readonly runtimeClasses: readonly string[];
    readonly namespaces: readonly string[];
  };
}

const NO_CONFIG: PodSecurityConfig = {defaults: NO_LEVELS, exemptions: {usernames: [], runtimeClasses: [], namespaces: []}};

/** Holds pods to the level their namespace asks for; says so of the pods that workloads would make (plugin/pkg/admission/security/podsecurity). */
export const createPodSecurity = (config: PodSecurityConfig = NO_CONFIG): AdmissionPlugin => ({
  name: 'PodSecurity',
  handles({operation, resource, subresource}) {
    if (operation !== 'CREATE' && operation !== 'UPDATE') return false;
    if (resource.group === '' && resource.resource === 'pods') return !IGNORED_SUBRESOURCES.has(subresource);
    return subresource === '' && ((resource.group === '' && resource.resource === 'namespaces') || templatePath(resource) !== undefined);
  },
  validate(request, lookup) {
    const {resource} = request;
    if (resource.resource === 'namespaces') return validateNamespace(request, lookup, config);
    const {usernames, namespaces} = config.exemptions;
    if (namespaces.includes(request.namespace)) return request.audit('exempt', 'namespace');
    if (usernames.includes(request.identity.name)) return request.audit('exempt', 'user');
    const policy = policyOf(lookup.get('', 'namespaces', '', request.namespace)?.metadata.labels, config.defaults);
    const isPod = resource.resource === 'pods';
    if (isUnlimited(policy.warn) && isUnlimited(policy.audit) && (!isPod || isUnlimited(policy.enforce))) return;
    if (isPod && request.operation === 'UPDATE' && !isSignificant(request)) return;
    const pod = isPod ? (request.object as unknown as PodLike) : templateOf(request.object!, templatePath(resource)!);
    if (pod?.spec === undefined) return;
    if (isExemptClass(pod, config)) return request.audit('exempt', 'runtimeClass');
    if (isPod) {
      const found = violationsOf(policy.enforce, pod);
      if (found.length > 0) throw refuse(request, `violates PodSecurity ${describe(policy.enforce, found)}`);
    }
    const audited = violationsOf(policy.audit, pod);
    if (audited.length > 0) request.audit('audit-violations', `would violate PodSecurity ${describe(policy.audit, audited)}`);
    const warned = violationsOf(policy.warn, pod);
    if (warned.length > 0) request.warn(`would violate PodSecurity ${describe(policy.warn, warned)}`);
  },
});

const isExemptClass = ({spec}: PodLike, {exemptions}: PodSecurityConfig): boolean =>
  spec?.runtimeClassName !== undefined && exemptions.runtimeClasses.includes(spec.runtimeClassName);

const describe = (level: LevelVersion, violations: readonly Violation[]): string =>
  `${JSON.stringify(formatLevel(level))}: ${violations.map(({reason, detail}) => (detail === '' ? reason : `${reason} (${detail})`)).join(', ')}`;

const templatePath = ({group, resource}: {group: string; resource: string}): readonly string[] | undefined =>
  TEMPLATES[group === '' ? resource : `${resource}.${group}`];

const templateOf = (object: KubeObject, path: readonly string[]): PodLike | undefined =>
  path.reduce<JsonObject | undefined>((part, field) => part?.[field] as JsonObject | undefined, object as JsonObject) as unknown as
    | PodLike
    | undefined;

function validateNamespace(
  {operation, object, old, name, warn}: AdmissionRequest,
  lookup: AdmissionLookup,
  config: PodSecurityConfig,
): void {
  const {labels} = object!.metadata;
  const policy = policyOf(labels, config.defaults);
  const before = operation === 'UPDATE' ? policyOf(old!.metadata.labels, config.defaults) : undefined;
  const changed = before === undefined || JSON.stringify(policy.errors) !== JSON.stringify(before.errors);
  if (policy.errors.length > 0 && changed) throw invalidObject({group: '', kind: 'Namespace'}, name, policy.errors);
  if (config.exemptions.namespaces.includes(name)) {
    const ignored = MODES.filter(mode => asksFor(labels, mode) && !isUnlimited(policy[mode]));
    const levels = ignored.map(mode => `${mode}=${formatLevel(policy[mode])}`).join(', ');
    if (ignored.length > 0)
      warn(`namespace ${JSON.stringify(name)} is exempt from Pod Security, and the policy (${levels}) will be ignored`);
    return;
  }
  if (before === undefined || isUnlimited(policy.enforce) || sameLevel(policy.enforce, before.enforce)) return;
  if (policy.enforce.version === before.enforce.version && !isStricter(policy.enforce, before.enforce)) return;
  for (const message of existingPods(name, policy.enforce, lookup, config)) warn(message);
}

const MOST_PODS = 3000;

/** Warnings about pods that a new level would not let in; pods with the same faults share one. */
function existingPods(namespace: string, enforce: LevelVersion, lookup: AdmissionLookup, config: PodSecurityConfig): string[] {
  const all = lookup.list('', 'pods', namespace) as unknown as Pod[];
  const pods = all.slice(0, MOST_PODS);
  const byFault = new Map<string, string[]>();
  for (const pod of pods) {
    const violations = isExemptClass(pod as PodLike, config) ? [] : violationsOf(enforce, pod as PodLike);
    if (violations.length === 0) continue;
    const fault = violations.map(({reason}) => reason).join(', ');
    byFault.set(fault, [...(byFault.get(fault) ?? []), pod.metadata.name!]);
  }
  const faults = [...byFault].map(([fault, [first, ...others]]) => {
    const more = others.length === 0 ? '' : ` (and ${others.length} other ${others.length === 1 ? 'pod' : 'pods'})`;
    return `${first}${more}: ${fault}`;
  });
  return [
    ...(pods.length < all.length
      ? [`new PodSecurity enforce level only checked against the first ${pods.length} of ${all.length} existing pods`]
      : []),
    ...(faults.length > 0
      ? [
          `existing pods in namespace ${JSON.stringify(namespace)} violate the new PodSecurity enforce level ${JSON.stringify(formatLevel(enforce))}`,
        ]
      : []),
    ...faults.sort(),
  ];
}

/** Which changes of a pod can bring a violation: its images, and what annotations said before fields did. */
function isSignificant({object, old}: AdmissionRequest): boolean {
  const [pod, before] = [object, old] as unknown as [Pod, Pod];
  const annotation = (key: string) => pod.metadata.annotations?.[key] !== before.metadata.annotations?.[key];
  const significant = (container: Container, own: Container | undefined) =>
    container.image !== own?.image || annotation(`container.seccomp.security.alpha.kubernetes.io/${container.name}`);
  const lists = (['containers', 'initContainers'] as const).some(field => {
    const [now, then] = [pod.spec[field] ?? [], before.spec[field] ?? []];
    return now.length !== then.length || now.some((container, index) => significant(container, then[index]));
  });
  return lists || annotation('seccomp.security.alpha.kubernetes.io/pod') || ephemeralChanges(pod.spec, before.spec, significant);
}

const ephemeralChanges = (spec: PodSpec, before: PodSpec, significant: (a: Container, b: Container | undefined) => boolean): boolean =>
  (spec.ephemeralContainers ?? []).some(container =>
    significant(
      container as unknown as Container,
      before.ephemeralContainers?.find(({name}) => name === container.name) as unknown as Container | undefined,
    ),
  );

import type {Json, JsonObject} from '../../api/json.ts';
import type {EphemeralContainer, PodSpec, PodTemplateSpec} from '../../api/kinds.generated.ts';
import type {InternalShape} from '../internal.ts';
import {internal, listOf, pointer, struct} from '../internal.ts';
import {FIELD_REF, POD_VOLUME, RESOURCE_REF} from './internal-pod-volume.ts';
import {NODE_SELECTOR, REQUIREMENTS} from './internal-volume.ts';
import {SE_LINUX, SECCOMP, SECURITY_CONTEXT, WINDOWS} from './pod/security.ts';

// The shapes of pkg/apis/core/types.go.

const NAMED = struct({name: ''});
const KEY_REF = pointer(struct({name: '', key: '', optional: null}));
const OPTIONAL_REF = pointer(struct({name: '', optional: null}));
const RESOURCES = struct({limits: null, requests: null, claims: listOf(struct({name: '', request: ''}))});

const EXEC = pointer(struct({command: null}));
const HTTP_GET = pointer(struct({path: '', port: 0, host: '', scheme: '', httpHeaders: listOf(struct({name: '', value: ''}))}));
const TCP_SOCKET = pointer(struct({port: 0, host: ''}));

const PROBE = pointer(
  struct({
    exec: EXEC,
    httpGet: HTTP_GET,
    tcpSocket: TCP_SOCKET,
    grpc: pointer(struct({port: 0, service: null})),
    initialDelaySeconds: 0,
    timeoutSeconds: 0,
    periodSeconds: 0,
    successThreshold: 0,
    failureThreshold: 0,
    terminationGracePeriodSeconds: null,
  }),
);

const HANDLER = pointer(struct({exec: EXEC, httpGet: HTTP_GET, tcpSocket: TCP_SOCKET, sleep: pointer(struct({seconds: 0}))}));

const CONTAINER_FIELDS = {
  name: '',
  image: '',
  command: null,
  args: null,
  workingDir: '',
  ports: listOf(struct({name: '', hostPort: 0, containerPort: 0, protocol: '', hostIP: ''})),
  envFrom: listOf(struct({prefix: '', configMapRef: OPTIONAL_REF, secretRef: OPTIONAL_REF})),
  env: listOf(
    struct({
      name: '',
      value: '',
      valueFrom: pointer(
        struct({
          fieldRef: FIELD_REF,
          resourceFieldRef: RESOURCE_REF,
          configMapKeyRef: KEY_REF,
          secretKeyRef: KEY_REF,
          fileKeyRef: pointer(struct({volumeName: '', path: '', key: '', optional: null})),
        }),
      ),
    }),
  ),
  resources: RESOURCES,
  resizePolicy: listOf(struct({resourceName: '', restartPolicy: ''})),
  restartPolicy: null,
  restartPolicyRules: listOf(struct({action: '', exitCodes: pointer(struct({operator: '', values: null}))})),
  volumeMounts: listOf(
    struct({name: '', readOnly: false, recursiveReadOnly: null, mountPath: '', subPath: '', mountPropagation: null, subPathExpr: ''}),
  ),
  volumeDevices: listOf(struct({name: '', devicePath: ''})),
  livenessProbe: PROBE,
  readinessProbe: PROBE,
  startupProbe: PROBE,
  lifecycle: pointer(struct({postStart: HANDLER, preStop: HANDLER, stopSignal: null})),
  terminationMessagePath: '',
  terminationMessagePolicy: '',
  imagePullPolicy: '',
  securityContext: pointer(SECURITY_CONTEXT),
  stdin: false,
  stdinOnce: false,
  tty: false,
};

const CONTAINER = struct(CONTAINER_FIELDS);
const EPHEMERAL_CONTAINER = struct({...CONTAINER_FIELDS, targetContainerName: ''});

const POD_TERM = struct({
  labelSelector: null,
  namespaces: null,
  topologyKey: '',
  namespaceSelector: null,
  matchLabelKeys: null,
  mismatchLabelKeys: null,
});

const POD_AFFINITY = pointer(
  struct({
    requiredDuringSchedulingIgnoredDuringExecution: listOf(POD_TERM),
    preferredDuringSchedulingIgnoredDuringExecution: listOf(struct({weight: 0, podAffinityTerm: POD_TERM})),
  }),
);

const AFFINITY = pointer(
  struct({
    nodeAffinity: pointer(
      struct({
        requiredDuringSchedulingIgnoredDuringExecution: NODE_SELECTOR,
        preferredDuringSchedulingIgnoredDuringExecution: listOf(
          struct({weight: 0, preference: struct({matchExpressions: REQUIREMENTS, matchFields: REQUIREMENTS})}),
        ),
      }),
    ),
    podAffinity: POD_AFFINITY,
    podAntiAffinity: POD_AFFINITY,
  }),
);

const POD_SPEC: InternalShape = struct({
  volumes: listOf(POD_VOLUME),
  initContainers: listOf(CONTAINER),
  containers: listOf(CONTAINER),
  ephemeralContainers: listOf(EPHEMERAL_CONTAINER),
  restartPolicy: '',
  terminationGracePeriodSeconds: null,
  activeDeadlineSeconds: null,
  dnsPolicy: '',
  nodeSelector: null,
  serviceAccountName: '',
  automountServiceAccountToken: null,
  nodeName: '',
  securityContext: pointer(
    struct({
      hostNetwork: false,
      hostPID: false,
      hostIPC: false,
      shareProcessNamespace: null,
      hostUsers: null,
      seLinuxOptions: SE_LINUX,
      windowsOptions: WINDOWS,
      runAsUser: null,
      runAsGroup: null,
      runAsNonRoot: null,
      supplementalGroups: null,
      supplementalGroupsPolicy: null,
      fsGroup: null,
      fsGroupChangePolicy: null,
      sysctls: listOf(struct({name: '', value: ''})),
      seccompProfile: SECCOMP,
      appArmorProfile: SECCOMP,
      seLinuxChangePolicy: null,
    }),
  ),
  imagePullSecrets: listOf(NAMED),
  hostname: '',
  subdomain: '',
  setHostnameAsFQDN: null,
  affinity: AFFINITY,
  schedulerName: '',
  tolerations: listOf(struct({key: '', operator: '', value: '', effect: '', tolerationSeconds: null})),
  hostAliases: listOf(struct({ip: '', hostnames: null})),
  priorityClassName: '',
  priority: null,
  preemptionPolicy: null,
  dnsConfig: pointer(struct({nameservers: null, searches: null, options: listOf(struct({name: '', value: null}))})),
  readinessGates: listOf(struct({conditionType: ''})),
  runtimeClassName: null,
  overhead: null,
  enableServiceLinks: null,
  topologySpreadConstraints: listOf(
    struct({
      maxSkew: 0,
      topologyKey: '',
      whenUnsatisfiable: '',
      labelSelector: null,
      minDomains: null,
      nodeAffinityPolicy: null,
      nodeTaintsPolicy: null,
      matchLabelKeys: null,
    }),
  ),
  os: pointer(NAMED),
  schedulingGates: listOf(NAMED),
  resourceClaims: listOf(struct({name: '', resourceClaimName: null, resourceClaimTemplateName: null})),
  resources: pointer(RESOURCES),
  hostnameOverride: null,
  schedulingGroup: null,
});

/** A pod's spec as messages show it: what concerns the host is part of the security context there. */
export function internalPodSpec(spec: PodSpec | undefined): Json {
  const {hostNetwork, hostPID, hostIPC, shareProcessNamespace, hostUsers, securityContext} = spec ?? ({} as PodSpec);
  const host = {hostNetwork, hostPID, hostIPC, shareProcessNamespace, hostUsers};
  return internal({...spec, securityContext: {...host, ...securityContext}}, POD_SPEC);
}

/** An ephemeral container as messages show it. */
export const internalEphemeralContainer = (container: EphemeralContainer): Json => internal(container, EPHEMERAL_CONTAINER);

/** A pod template as messages show it; metadata keeps its JSON form. */
export const internalPodTemplate = ({metadata, spec}: PodTemplateSpec): JsonObject => ({
  ...(metadata as JsonObject | undefined),
  Spec: internalPodSpec(spec),
});

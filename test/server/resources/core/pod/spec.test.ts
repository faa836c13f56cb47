import assert from 'node:assert/strict';
import type {Pod, PodSpec} from '../../../../../server/api/kinds.generated.ts';
import {pod} from '../../../../../server/resources/core/pod/pod.ts';
import {rulesOf} from '../support.ts';

const {create} = rulesOf<Pod>(pod);
const podOf = (spec: object): Pod => ({metadata: {name: 'p', namespace: 'default'}, spec: {containers: [c({})], ...spec} as PodSpec});
const c = (fields: object) => ({name: 'c', image: 'nginx:1', ...fields});
const onSpec = (spec: object): string[] => create(podOf(spec)).errors;
const onContainer = (fields: object, spec: object = {}): string[] => onSpec({containers: [c(fields)], ...spec});

describe('rules of pods', () => {
  it('want a container', () => {
    assert.deepEqual(onSpec({containers: []}), ['spec.containers: Required value']);
    assert.deepEqual(create({metadata: {name: 'p'}} as Pod).errors, ['spec.containers: Required value']);
  });

  it('want names and images of containers', () => {
    const {errors} = create(podOf({containers: [{}, c({name: 'A'}), c({}), c({image: ' x'})]}));
    assert.equal(errors.length, 5);
    assert.equal(errors[0], 'spec.containers[0].name: Required value');
    assert.equal(errors[1], 'spec.containers[0].image: Required value');
    assert.match(errors[2]!, /^spec\.containers\[1\]\.name: Invalid value: "A": a lowercase RFC 1123 label/);
    assert.equal(errors[3], 'spec.containers[3].name: Duplicate value: "c"');
    assert.equal(errors[4], 'spec.containers[3].image: Invalid value: " x": must not have leading or trailing whitespace');
  });

  it('know ports', () => {
    assert.deepEqual(
      onContainer({
        ports: [
          {containerPort: 0, protocol: 'X', name: 'a'},
          {containerPort: 80, name: 'a'},
        ],
      }),
      [
        'spec.containers[0].ports[0].containerPort: Required value',
        'spec.containers[0].ports[0].protocol: Unsupported value: "X": supported values: "SCTP", "TCP", "UDP"',
        'spec.containers[0].ports[1].name: Duplicate value: "a"',
      ],
    );
    assert.deepEqual(
      onSpec({containers: [c({ports: [{containerPort: 80, hostPort: 1}]}), c({name: 'd', ports: [{containerPort: 81, hostPort: 1}]})]}),
      ['spec.containers[1].ports[0].hostPort: Duplicate value: "TCP//1"'],
    );
  });

  it('know variables and where they come from', () => {
    assert.deepEqual(onContainer({env: [{name: 'A', value: 'v', valueFrom: {fieldRef: {fieldPath: 'metadata.name'}}}]}), [
      'spec.containers[0].env[0].valueFrom: Invalid value: "": may not be specified when `value` is not empty',
    ]);
    assert.deepEqual(onContainer({env: [{name: '', value: 'v'}]}), ['spec.containers[0].env[0].name: Required value']);
    assert.match(
      onContainer({env: [{name: 'A', valueFrom: {fieldRef: {fieldPath: 'metadata.bogus'}}}]})[0]!,
      /^spec\.containers\[0\]\.env\[0\]\.valueFrom\.fieldRef\.fieldPath: Invalid value: "metadata\.bogus": error converting fieldPath/,
    );
  });

  it('compare requests with limits', () => {
    assert.deepEqual(onContainer({resources: {requests: {cpu: '2', memory: '-1'}, limits: {cpu: '1'}}}), [
      'spec.containers[0].resources.requests: Invalid value: "2": must be less than or equal to cpu limit of 1',
      'spec.containers[0].resources.requests[memory]: Invalid value: "-1": must be greater than or equal to 0',
    ]);
    assert.deepEqual(onContainer({resources: {requests: {'example.com/gpu': '1'}}}), [
      'spec.containers[0].resources.limits: Required value: Limit must be set for non overcommitable resources',
    ]);
  });

  it('tell a missing limit of huge pages before what is wrong with the pages', () => {
    assert.deepEqual(onContainer({resources: {requests: {cpu: '1', 'hugepages-2Mi': '3Mi'}}}), [
      'spec.containers[0].resources.limits: Required value: Limit must be set for non overcommitable resources',
      'spec.containers[0].resources.requests[hugepages-2Mi]: Invalid value: "3Mi": 3Mi is not positive integer multiple of hugepages-2Mi',
    ]);
  });

  it('want mounts to name volumes', () => {
    assert.deepEqual(onContainer({volumeMounts: [{name: 'v', mountPath: ''}]}), [
      'spec.containers[0].volumeMounts[0].name: Not found: "v"',
      'spec.containers[0].volumeMounts[0].mountPath: Required value',
    ]);
  });

  it('want one source of a volume', () => {
    const volumes = [
      {name: 'w', emptyDir: {}, hostPath: {path: '/x'}},
      {name: 'v', emptyDir: {}},
      {name: 'v', emptyDir: {}},
    ];
    assert.deepEqual(onSpec({volumes}), [
      'spec.volumes[0].hostPath: Forbidden: may not specify more than 1 volume type',
      'spec.volumes[2].name: Duplicate value: "v"',
    ]);
  });

  it('want probes of liveness to need one success', () => {
    assert.deepEqual(onContainer({livenessProbe: {tcpSocket: {port: 1}, successThreshold: 2}}), [
      'spec.containers[0].livenessProbe.successThreshold: Invalid value: 2: must be 1',
    ]);
    assert.deepEqual(onContainer({readinessProbe: {}}), ['spec.containers[0].readinessProbe: Required value: must specify a handler type']);
  });

  it('show security contexts as Go has them', () => {
    const securityContext = {allowPrivilegeEscalation: false, privileged: true};
    assert.deepEqual(onContainer({securityContext}), [
      'spec.containers[0].securityContext: Invalid value: {"Capabilities":null,"Privileged":true,"SELinuxOptions":null,"WindowsOptions":null,' +
        '"RunAsUser":null,"RunAsGroup":null,"RunAsNonRoot":null,"ReadOnlyRootFilesystem":null,"AllowPrivilegeEscalation":false,' +
        '"ProcMount":null,"SeccompProfile":null,"AppArmorProfile":null}: cannot set `allowPrivilegeEscalation` to false and `privileged` to true',
    ]);
  });

  it('know init containers and sidecars', () => {
    assert.deepEqual(onSpec({initContainers: [c({name: 'i', livenessProbe: {exec: {command: ['x']}}})]}), [
      'spec.initContainers[0].livenessProbe: Forbidden: may not be set for init containers without restartPolicy=Always',
    ]);
    assert.deepEqual(onSpec({initContainers: [c({name: 'i', restartPolicy: 'Always', livenessProbe: {exec: {command: ['x']}}})]}), []);
  });

  it('take no ephemeral containers on create, and of them no lifecycle at all', () => {
    assert.deepEqual(onSpec({ephemeralContainers: [c({name: 'e', lifecycle: {}})]}), [
      'spec.ephemeralContainers[0].lifecycle: Forbidden: cannot be set for an Ephemeral Container',
      'spec.ephemeralContainers: Forbidden: cannot be set on create',
    ]);
  });

  it('know tolerations, affinity and spread', () => {
    assert.deepEqual(onSpec({tolerations: [{operator: 'Exists', value: 'v', key: 'k'}, {key: ''}]}), [
      'spec.tolerations[0].operator: Invalid value: "v": value must be empty when `operator` is \'Exists\'',
      'spec.tolerations[1].operator: Invalid value: "": operator must be Exists when `key` is empty, which means "match all values and all keys"',
    ]);
    const spread = {maxSkew: 0, topologyKey: '', whenUnsatisfiable: 'X'};
    assert.deepEqual(onSpec({topologySpreadConstraints: [spread]}), [
      'spec.topologySpreadConstraints[0].maxSkew: Invalid value: 0: must be greater than zero',
      'spec.topologySpreadConstraints[0].topologyKey: Required value: can not be empty',
      'spec.topologySpreadConstraints[0].whenUnsatisfiable: Unsupported value: "X": supported values: "DoNotSchedule", "ScheduleAnyway"',
    ]);
  });

  it('keep Linux options off windows pods', () => {
    assert.deepEqual(onSpec({os: {name: 'windows'}, hostPID: true, securityContext: {runAsUser: 1}}), [
      'spec.hostPID: Forbidden: cannot be set for a windows pod',
      'spec.securityContext.runAsUser: Forbidden: cannot be set for a windows pod',
    ]);
  });

  it('take most values there are in good pods', () => {
    assert.deepEqual(
      onSpec({
        restartPolicy: 'OnFailure',
        activeDeadlineSeconds: 10,
        dnsPolicy: 'None',
        dnsConfig: {nameservers: ['1.1.1.1'], searches: ['a.b'], options: [{name: 'ndots', value: '2'}]},
        hostAliases: [{ip: '10.0.0.1', hostnames: ['a.b']}],
        tolerations: [{operator: 'Exists'}],
        volumes: [{name: 'v', configMap: {name: 'm', items: [{key: 'k', path: 'a/b'}]}}],
        containers: [
          c({
            ports: [{containerPort: 80, name: 'web'}],
            env: [{name: 'A.b-c', valueFrom: {secretKeyRef: {name: 's', key: 'k'}}}],
            envFrom: [{prefix: 'P_', configMapRef: {name: 'm'}}],
            volumeMounts: [{name: 'v', mountPath: '/v', readOnly: true}],
            lifecycle: {preStop: {exec: {command: ['sh']}}},
            resources: {requests: {cpu: '1'}, limits: {cpu: '1'}},
          }),
        ],
      }),
      [],
    );
  });
});

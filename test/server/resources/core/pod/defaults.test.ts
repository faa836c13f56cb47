import assert from 'node:assert/strict';
import type {Pod} from '../../../../../server/api/kinds.generated.ts';
import {pod} from '../../../../../server/resources/core/pod/pod.ts';
import {defaultPodTemplate} from '../../../../../server/resources/core/pod/template.ts';
import {rulesOf} from '../support.ts';

const {create} = rulesOf<Pod>(pod);
const withContainer = (container: object, spec: object = {}): Pod => ({
  metadata: {name: 'p', namespace: 'default'},
  spec: {containers: [{name: 'c', image: 'nginx', ...container}], ...spec},
});

describe('defaults of pods', () => {
  it('fills a pod with one container', () => {
    assert.deepEqual(create(withContainer({})).object, {
      metadata: {name: 'p', namespace: 'default'},
      spec: {
        containers: [
          {
            name: 'c',
            image: 'nginx',
            imagePullPolicy: 'Always',
            terminationMessagePath: '/dev/termination-log',
            terminationMessagePolicy: 'File',
            resources: {},
          },
        ],
        dnsPolicy: 'ClusterFirst',
        restartPolicy: 'Always',
        securityContext: {},
        terminationGracePeriodSeconds: 30,
        schedulerName: 'default-scheduler',
        enableServiceLinks: true,
      },
      status: {phase: 'Pending', qosClass: 'BestEffort'},
    });
  });

  it('pulls images without a tag, or with latest, always', () => {
    const policy = (image: string) => create(withContainer({image})).object.spec!.containers[0]!.imagePullPolicy;
    assert.deepEqual(['a', 'a:latest', 'a:1', 'host:5000/a', `a@sha256:${'0'.repeat(64)}`].map(policy), [
      'Always',
      'Always',
      'IfNotPresent',
      'Always',
      'IfNotPresent',
    ]);
  });

  it('takes limits for requests that are not given, and whole thousandths', () => {
    const {resources} = create(withContainer({resources: {limits: {cpu: '0.0001', memory: '1Gi'}, requests: {memory: '1Mi'}}})).object.spec!
      .containers[0]!;
    assert.deepEqual(resources, {limits: {cpu: '1m', memory: '1Gi'}, requests: {memory: '1Mi', cpu: '1m'}});
  });

  it('gives ports of pods in the host’s network the same number there', () => {
    const {ports} = create(withContainer({ports: [{containerPort: 80}]}, {hostNetwork: true})).object.spec!.containers[0]!;
    assert.deepEqual(ports, [{containerPort: 80, protocol: 'TCP', hostPort: 80}]);
  });

  it('fills probes and handlers', () => {
    const {readinessProbe} = create(withContainer({readinessProbe: {httpGet: {port: 80}}})).object.spec!.containers[0]!;
    assert.deepEqual(readinessProbe, {
      httpGet: {port: 80, path: '/', scheme: 'HTTP'},
      timeoutSeconds: 1,
      periodSeconds: 10,
      successThreshold: 1,
      failureThreshold: 3,
    });
  });

  it('fills volumes', () => {
    const volumes = [
      {name: 'a'},
      {name: 'b', secret: {secretName: 's'}},
      {name: 'c', hostPath: {path: '/x'}},
      {name: 'd', projected: {sources: [{serviceAccountToken: {path: 't'}}]}},
    ];
    assert.deepEqual(create(withContainer({}, {volumes, serviceAccountName: 'sa'})).object.spec!.volumes, [
      {name: 'a', emptyDir: {}},
      {name: 'b', secret: {secretName: 's', defaultMode: 420}},
      {name: 'c', hostPath: {path: '/x', type: ''}},
      {name: 'd', projected: {sources: [{serviceAccountToken: {path: 't', expirationSeconds: 3600}}], defaultMode: 420}},
    ]);
  });

  it('lets the deprecated service account follow', () => {
    const {spec} = create(withContainer({}, {serviceAccount: 'old'})).object;
    assert.deepEqual([spec!.serviceAccountName, spec!.serviceAccount], ['old', 'old']);
  });

  it('fills amounts of the whole pod from those of its containers', () => {
    const container = {resources: {requests: {cpu: '100m'}, limits: {cpu: '200m'}}};
    const {resources} = create(withContainer(container, {resources: {limits: {cpu: '1', memory: '1Gi'}}})).object.spec!;
    assert.deepEqual(resources, {limits: {cpu: '1', memory: '1Gi'}, requests: {cpu: '100m', memory: '1Gi'}});
  });

  it('tells of scheduling gates in the status', () => {
    const {status} = create(withContainer({}, {schedulingGates: [{name: 'example.com/g'}]})).object;
    assert.deepEqual(status!.conditions, [
      {
        type: 'PodScheduled',
        status: 'False',
        lastProbeTime: null,
        lastTransitionTime: '2026-01-01T00:00:00Z',
        reason: 'SchedulingGated',
        message: 'Scheduling is blocked due to non-empty scheduling gates',
      },
    ]);
  });

  it('leaves out of templates what only pods get', () => {
    const template = {spec: withContainer({resources: {limits: {cpu: '1'}}}).spec!};
    defaultPodTemplate(template);
    assert.equal(template.spec.enableServiceLinks, undefined);
    assert.deepEqual(template.spec.containers[0]!.resources, {limits: {cpu: '1'}});
  });
});

import assert from 'node:assert/strict';
import type {Pod, PodSpec} from '../../../../../server/api/kinds.generated.ts';
import {pod} from '../../../../../server/resources/core/pod/pod.ts';
import {rulesOf} from '../support.ts';

const {update} = rulesOf<Pod>(pod);
const podOf = (spec: object = {}): Pod => ({
  metadata: {name: 'p', namespace: 'default'},
  spec: {containers: [{name: 'c', image: 'nginx:1'}], ...spec} as PodSpec,
});
const onUpdate = (change: (spec: PodSpec) => void, spec: object = {}): string[] =>
  update(podOf(spec), object => change(object.spec!)).errors;
const FIXED = /^spec: Forbidden: pod updates may not change fields other than `spec\.containers\[\*\]\.image`/;

describe('updates of pods', () => {
  it('may change images, deadlines and add tolerations', () => {
    const errors = onUpdate(spec => {
      spec.containers[0]!.image = 'nginx:2';
      spec.activeDeadlineSeconds = 5;
      spec.tolerations = [{operator: 'Exists', key: 'k'}];
    });
    assert.deepEqual(errors, []);
  });

  it('may change nothing else', () => {
    const [error, ...others] = onUpdate(spec => {
      spec.containers[0]!.command = ['sh'];
      spec.hostPID = true;
    });
    assert.match(error!, FIXED);
    assert.match(error!, /\n- {2}"HostPID": false,\n\+ {2}"HostPID": true,\n/);
    assert.deepEqual(others, []);
  });

  it('may not add or remove containers', () => {
    assert.deepEqual(
      onUpdate(spec => spec.containers.push({...spec.containers[0]!, name: 'd'})),
      ['spec.containers: Forbidden: pod updates may not add or remove containers'],
    );
  });

  it('may shorten deadlines only', () => {
    const spec = {activeDeadlineSeconds: 10};
    assert.deepEqual(
      onUpdate(spec => {
        spec.activeDeadlineSeconds = 20;
      }, spec),
      ['spec.activeDeadlineSeconds: Invalid value: 20: must be less than or equal to previous value'],
    );
    assert.equal(
      onUpdate(spec => {
        delete spec.activeDeadlineSeconds;
      }, spec)[0],
      'spec.activeDeadlineSeconds: Invalid value: null: must not update from a positive integer to nil value',
    );
  });

  it('may lift scheduling gates, and narrow what is gated', () => {
    const spec = {schedulingGates: [{name: 'a.b/c'}], nodeSelector: {a: 'b'}};
    assert.deepEqual(
      onUpdate(spec => {
        delete spec.schedulingGates;
      }, spec),
      [],
    );
    assert.deepEqual(
      onUpdate(spec => {
        spec.nodeSelector = {a: 'b', c: 'd'};
      }, spec),
      [],
    );
    assert.deepEqual(
      onUpdate(spec => {
        spec.nodeSelector = {a: 'x'};
      }, spec),
      ['spec.nodeSelector: Invalid value: {"a":"x"}: only additions to spec.nodeSelector are allowed (no mutations or deletions)'],
    );
    assert.match(
      onUpdate(spec => Object.assign(spec, {schedulingGates: [{name: 'a.b/d'}]}), spec)[0]!,
      /^spec\.schedulingGates\[0\]\.name: Forbidden: only deletion is allowed/,
    );
  });

  it('go on taking a policy they have', () => {
    const spec = {securityContext: {seLinuxChangePolicy: 'Recursive'}};
    assert.match(
      onUpdate(spec => {
        spec.securityContext!.seLinuxChangePolicy = 'Bogus';
      }, spec)[0]!,
      /supported values: "MountOption", "Recursive"$/,
    );
  });
});

describe('updates of a pod’s ephemeral containers', () => {
  const add = (name: string) => (object: Pod) => {
    object.spec!.ephemeralContainers = [...(object.spec!.ephemeralContainers ?? []), {name, image: 'busybox'}];
  };

  it('add them, with defaults, and leave the rest as it is', () => {
    const {object, errors} = update(
      podOf(),
      object => {
        add('debug')(object);
        object.spec!.hostPID = true;
      },
      'ephemeralcontainers',
    );
    assert.deepEqual(errors, []);
    assert.equal(object.spec!.hostPID, undefined);
    assert.equal(object.spec!.ephemeralContainers![0]!.imagePullPolicy, 'Always');
  });

  it('refuse those that clash or do too much', () => {
    assert.deepEqual(update(podOf(), add('c'), 'ephemeralcontainers').errors, ['spec.ephemeralContainers[0].name: Duplicate value: "c"']);
    const errors = update(
      podOf(),
      object => {
        object.spec!.ephemeralContainers = [
          {name: 'e', image: 'b', targetContainerName: 'x', lifecycle: {}, resources: {limits: {cpu: '1'}}},
        ];
      },
      'ephemeralcontainers',
    ).errors;
    assert.deepEqual(errors, [
      'spec.ephemeralContainers[0].targetContainerName: Not found: "x"',
      'spec.ephemeralContainers[0].resources: Forbidden: cannot be set for an Ephemeral Container',
      'spec.ephemeralContainers[0].lifecycle: Forbidden: cannot be set for an Ephemeral Container',
    ]);
  });
});

describe('resizes of pods', () => {
  const resources = {requests: {cpu: '100m', memory: '64Mi'}, limits: {cpu: '200m'}};
  const sized = podOf({containers: [{name: 'c', image: 'nginx:1', resources}]});
  const onResize = (change: (resources: {[name: string]: string}, spec: PodSpec) => void) =>
    update(sized, ({spec}) => change(spec!.containers[0]!.resources!.requests!, spec!), 'resize');

  it('change cpu and memory, and nothing else', () => {
    const {object, errors} = onResize((requests, spec) => {
      requests.cpu = '150m';
      spec.containers[0]!.image = 'other';
      spec.tolerations = [{operator: 'Exists'}];
    });
    assert.deepEqual(errors, []);
    assert.equal(object.spec!.containers[0]!.resources!.requests!.cpu, '150m');
    assert.equal(object.spec!.containers[0]!.image, 'nginx:1');
    assert.equal(object.spec!.tolerations, undefined);
  });

  it('remove no amount and touch no other resource', () => {
    assert.deepEqual(
      onResize(requests => {
        delete requests.memory;
      }).errors,
      ['spec.containers[0].resources.requests: Forbidden: resource requests cannot be removed'],
    );
    assert.ok(
      onResize(requests => {
        requests['ephemeral-storage'] = '1Gi';
      }).errors.includes('spec: Forbidden: only cpu and memory resources are mutable'),
    );
  });

  it('keep the quality of service', () => {
    const errors = onResize((_requests, spec) => {
      spec.containers[0]!.resources = {requests: {cpu: '1', memory: '64Mi'}, limits: {cpu: '1', memory: '64Mi'}};
    }).errors;
    assert.deepEqual(errors, ['spec: Invalid value: "Burstable": Pod QOS Class may not change as a result of resizing']);
  });

  it('keep order and names of containers', () => {
    assert.deepEqual(
      onResize((_requests, spec) => {
        spec.containers[0]!.name = 'x';
      }).errors,
      ['spec.containers[0].name: Forbidden: containers may not be renamed or reordered on resize'],
    );
  });
});

describe('statuses of pods', () => {
  const onStatus = (change: (pod: Pod) => void) => update(podOf(), change, 'status');

  it('keep the quality of service, and podIP in step with podIPs', () => {
    const {object, errors} = onStatus(object => {
      object.status = {phase: 'Running', podIP: '10.0.0.1'};
    });
    assert.deepEqual(errors, []);
    assert.deepEqual(object.status, {phase: 'Running', podIP: '10.0.0.1', podIPs: [{ip: '10.0.0.1'}], qosClass: 'BestEffort'});
    const second = onStatus(object => {
      object.status = {podIPs: [{ip: '10.0.0.2'}, {ip: '::1'}]};
    });
    assert.equal(second.object.status!.podIP, '10.0.0.2');
    assert.deepEqual(second.errors, []);
  });

  it('refuse bad addresses and more than one of a family', () => {
    assert.deepEqual(
      onStatus(object => {
        object.status!.podIPs = [{ip: '10.0.0.1'}, {ip: '10.0.0.2'}];
      }).errors,
      ['status.podIPs: Invalid value: [{"IP":"10.0.0.1"},{"IP":"10.0.0.2"}]: may specify no more than one IP for each IP family'],
    );
    assert.deepEqual(
      onStatus(object => {
        object.status!.podIP = 'x';
      }).errors,
      ['status.podIPs[0]: Invalid value: "x": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)'],
    );
  });

  it('refuse a change of the quality of service', () => {
    assert.deepEqual(
      onStatus(object => {
        object.status!.qosClass = 'Guaranteed';
      }).errors,
      ['status.qosClass: Invalid value: "Guaranteed": field is immutable'],
    );
  });

  it('want mappings of claims of extended resources', () => {
    assert.deepEqual(
      onStatus(object => {
        Object.assign(object.status!, {extendedResourceClaimStatus: {requestMappings: null}});
      }).errors,
      [
        'status.extendedResourceClaimStatus.requestMappings: Required value: at least one request mapping is required',
        'status.extendedResourceClaimStatus.resourceClaimName: Required value',
      ],
    );
  });
});

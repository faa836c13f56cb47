import assert from 'node:assert/strict';
import {createPodSecurity} from '../../../server/admission/pod-security.ts';
import {ask} from './ask.ts';

const podSecurity = createPodSecurity();
const namespace = (labels: {[name: string]: string}) => ({
  metadata: {
    name: 'n',
    labels: Object.fromEntries(Object.entries(labels).map(([name, value]) => [`pod-security.kubernetes.io/${name}`, value])),
  },
});
const pod = (spec: object, container: object = {}) => ({
  metadata: {name: 'p'},
  spec: {containers: [{name: 'a', image: 'i', ...container}], ...spec},
});

describe('server/admission/pod-security', () => {
  const baseline: [string, object, string | undefined][] = [
    ['nothing special', pod({}), undefined],
    ['host path', pod({volumes: [{name: 'v', hostPath: {path: '/'}}]}), 'hostPath volumes (volume "v")'],
    [
      'proc mount',
      pod({}, {securityContext: {procMount: 'Unmasked'}}),
      'procMount (container "a" must not set securityContext.procMount to "Unmasked")',
    ],
    [
      'host process',
      pod({securityContext: {windowsOptions: {hostProcess: true}}}),
      'hostProcess (pod must not set securityContext.windowsOptions.hostProcess=true)',
    ],
    [
      'seccomp of pod and container',
      pod({securityContext: {seccompProfile: {type: 'Unconfined'}}}, {securityContext: {seccompProfile: {type: 'Unconfined'}}}),
      'seccompProfile (pod and container "a" must not set securityContext.seccompProfile.type to "Unconfined")',
    ],
    [
      'a user of SELinux',
      pod({securityContext: {seLinuxOptions: {user: 'u'}}}),
      'seLinuxOptions (pod set forbidden securityContext.seLinuxOptions: user may not be set)',
    ],
    [
      'an AppArmor annotation',
      {...pod({}), metadata: {name: 'p', annotations: {'container.apparmor.security.beta.kubernetes.io/a': 'foo'}}},
      'forbidden AppArmor profile (annotation must not set AppArmor profile type to "container.apparmor.security.beta.kubernetes.io/a="foo"")',
    ],
    ['two ports', pod({}, {ports: [{hostPort: 80}, {hostPort: 443}]}), 'hostPort (container "a" uses hostPorts 443, 80)'],
  ];
  for (const [what, object, why] of baseline) {
    it(`holds pods to baseline: ${what}`, async () => {
      const {message} = await ask(podSecurity, {resource: 'pods', object, world: {'namespaces n': namespace({enforce: 'baseline'})}});
      assert.equal(message, why && `pods "p" is forbidden: violates PodSecurity "baseline:latest": ${why}`);
    });
  }

  it('replaces checks of baseline by stricter ones only where the version has these', async () => {
    const object = pod({securityContext: {runAsNonRoot: true}}, {securityContext: {capabilities: {add: ['SYS_ADMIN']}}});
    const {message} = await ask(podSecurity, {
      resource: 'pods',
      object,
      world: {'namespaces n': namespace({enforce: 'restricted', 'enforce-version': 'v1.7'})},
    });
    assert.match(message!, /"restricted:v1\.7": non-default capabilities \(container "a" must not include "SYS_ADMIN"/);
  });

  it('leaves pods with their own user namespace to run as root', async () => {
    const object = pod(
      {hostUsers: false, securityContext: {runAsUser: 0, seccompProfile: {type: 'RuntimeDefault'}}},
      {securityContext: {allowPrivilegeEscalation: false, capabilities: {drop: ['ALL']}}},
    );
    const world = (version: string) => ({'namespaces n': namespace({enforce: 'restricted', 'enforce-version': version})});
    assert.equal((await ask(podSecurity, {resource: 'pods', object, world: world('latest')})).message, undefined);
    assert.match((await ask(podSecurity, {resource: 'pods', object, world: world('v1.30')})).message!, /runAsUser=0/);
  });

  it('lets nobody but baseline unmask /proc in a user namespace', async () => {
    const object = pod(
      {hostUsers: false, securityContext: {runAsNonRoot: true, seccompProfile: {type: 'RuntimeDefault'}}},
      {securityContext: {allowPrivilegeEscalation: false, capabilities: {drop: ['NET_RAW']}, procMount: 'Unmasked'}},
    );
    const refused = async (level: string) =>
      (await ask(podSecurity, {resource: 'pods', object, world: {'namespaces n': namespace({enforce: level})}})).message;
    assert.equal(await refused('baseline'), undefined);
    assert.match((await refused('restricted'))!, /unrestricted capabilities \(.*\), procMount \(container "a" must not set/);
  });

  it('only warns about templates, by the level that is enforced unless another is named', async () => {
    const object = {metadata: {name: 'd'}, spec: {template: pod({hostNetwork: true})}};
    const warned = async (labels: {[name: string]: string}) =>
      (await ask(podSecurity, {resource: 'deployments.apps', object, world: {'namespaces n': namespace(labels)}})).warnings;
    const text = 'would violate PodSecurity "baseline:latest": host namespaces (hostNetwork=true)';
    assert.deepEqual(await warned({enforce: 'baseline'}), [text]);
    assert.deepEqual(await warned({enforce: 'baseline', warn: 'privileged'}), []);
    assert.deepEqual(await warned({warn: 'baseline'}), [text]);
  });

  it('looks at updates of images, not of labels', async () => {
    const world = {'namespaces n': namespace({enforce: 'baseline'})};
    const old = pod({hostPID: true});
    const relabelled = {...old, metadata: {name: 'p', labels: {a: 'b'}}};
    assert.equal((await ask(podSecurity, {resource: 'pods', object: relabelled, old, world})).message, undefined);
    assert.match(
      (await ask(podSecurity, {resource: 'pods', object: pod({hostPID: true}, {image: 'j'}), old, world})).message!,
      /hostPID=true/,
    );
  });

  it('tells a namespace which of its pods share a fault', async () => {
    const world = {
      'pods n/b': {...pod({hostPID: true}), metadata: {name: 'b'}},
      'pods n/c': {...pod({hostPID: true}), metadata: {name: 'c'}},
    };
    const object = {...namespace({enforce: 'baseline'}), metadata: {...namespace({enforce: 'baseline'}).metadata, name: 'n'}};
    const {warnings} = await ask(podSecurity, {resource: 'namespaces', object, old: namespace({}), world});
    assert.deepEqual(warnings, [
      'existing pods in namespace "n" violate the new PodSecurity enforce level "baseline:latest"',
      'b (and 1 other pod): host namespaces',
    ]);
  });

  describe('as the server is told', () => {
    const level = (name: 'privileged' | 'baseline' | 'restricted') => ({level: name, version: 'latest'}) as const;
    const configured = createPodSecurity({
      defaults: {enforce: level('baseline'), audit: level('privileged'), warn: level('restricted')},
      exemptions: {usernames: ['trusted'], runtimeClasses: ['sandbox'], namespaces: ['free']},
    });
    const bad = (spec: object = {}) => pod({hostNetwork: true, ...spec});
    const of = (question: object) => ask(configured, {resource: 'pods', object: bad(), ...question});

    it('holds namespaces that say nothing to the defaults', async () => {
      const world = {'namespaces n': namespace({})};
      assert.match((await of({world})).message!, /violates PodSecurity "baseline:latest": host namespaces/);
      const {message, warnings} = await of({world, object: pod({})});
      assert.equal(message, undefined);
      assert.match(warnings[0]!, /^would violate PodSecurity "restricted:latest"/);
      assert.equal((await of({world: {'namespaces n': namespace({enforce: 'privileged'})}})).message, undefined);
    });

    it('does not look at who is exempt', async () => {
      assert.equal((await of({user: 'trusted'})).message, undefined);
      assert.equal((await of({object: bad({runtimeClassName: 'sandbox'})})).message, undefined);
      assert.match((await of({user: 'other', object: bad({runtimeClassName: 'other'})})).message!, /violates/);
    });

    it('says that labels of exempt namespaces mean nothing', async () => {
      const object = {metadata: {...namespace({enforce: 'restricted', warn: 'privileged'}).metadata, name: 'free'}};
      const {warnings} = await ask(configured, {resource: 'namespaces', object});
      assert.deepEqual(warnings, [
        'namespace "free" is exempt from Pod Security, and the policy (enforce=restricted:latest) will be ignored',
      ]);
    });
  });
});

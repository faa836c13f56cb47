import assert from 'node:assert/strict';
import {mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {configMaps, customResourceDefinitions, deployments, events, nodes, pods} from '../../../server/api/resource-types.generated.ts';
import {conditionOf, podSpec, template, useWorld} from '../../support/world.ts';

const STAGES = `
apiVersion: kwok.x-k8s.io/v1alpha1
kind: Stage
metadata: {name: node-breaks}
spec:
  resourceRef: {apiGroup: v1, kind: Node}
  selector:
    matchLabels: {breaks: 'yes'}
    matchExpressions: [{key: '.status.conditions.[] | select( .type == "Broken" )', operator: DoesNotExist}]
  delay: {durationMilliseconds: 5000}
  next:
    event: {type: Warning, reason: Breaking, message: it breaks}
    statusTemplate: |
      conditions:
      - {type: Broken, status: "True", reason: Stage, message: '{{ NodeName }} at {{ NodeIP }}', lastTransitionTime: '{{ Now }}'}
---
apiVersion: kwok.x-k8s.io/v1alpha1
kind: Stage
metadata: {name: map-leaves}
spec:
  resourceRef: {apiGroup: v1, kind: ConfigMap}
  selector: {matchAnnotations: {leaves: 'yes'}}
  delay: {durationMilliseconds: 1000}
  next: {delete: true}
---
apiVersion: kwok.x-k8s.io/v1alpha1
kind: Stage
metadata: {name: widget-ready}
spec:
  resourceRef: {apiGroup: example.com/v1, kind: Widget}
  selector: {matchExpressions: [{key: '.status.phase', operator: NotIn, values: [Ready]}]}
  next:
    finalizers: {add: [{value: example.com/held}]}
    statusTemplate: 'phase: Ready'
    patches: [{root: metadata, type: merge, template: 'labels: {touched: "yes"}'}]
---
apiVersion: kwok.x-k8s.io/v1alpha1
kind: Stage
metadata: {name: pod-fails}
spec:
  resourceRef: {apiGroup: v1, kind: Pod}
  selector:
    matchLabels: {fails: 'yes'}
    matchExpressions: [{key: '.status.phase', operator: In, values: [Running]}]
  next: {statusTemplate: 'phase: Failed'}
`;

describe('Stages', () => {
  const folder = mkdtempSync(join(tmpdir(), 'kubedouble-test-'));
  const podProfile = join(folder, 'stages.yaml');
  writeFileSync(podProfile, STAGES);
  after(() => rmSync(folder, {recursive: true}));
  const world = useWorld({podProfile});

  it('are played for nodes, after their delay and once', async () => {
    await world.merge(nodes, 'node-1', {metadata: {labels: {breaks: 'yes'}}});
    await world.cluster.pass(4000);
    const broken = async (name: string) => conditionOf(await world.get(nodes, name), 'Broken')?.message;
    assert.equal(await broken('node-1'), undefined);
    await world.cluster.pass(2000);
    assert.match((await broken('node-1')) ?? '', /^node-1 at 172\.18\.0\.\d+$/);
    assert.equal(await broken('node-2'), undefined);
    const told = (await world.client.list(events, {namespace: 'default'})).items.filter(({reason}) => reason === 'Breaking');
    assert.deepEqual(
      told.map(({involvedObject, count}) => [involvedObject.name, count]),
      [['node-1', 1]],
    );
  });

  it('delete objects of other kinds', async () => {
    await world.create(configMaps, 'leaving', {metadata: {annotations: {leaves: 'yes'}}});
    await world.create(configMaps, 'staying', {});
    await world.cluster.pass(2000);
    assert.deepEqual(await world.names(configMaps), ['kube-root-ca.crt', 'staying']);
  });

  it('are played for custom resources as soon as these are defined', async () => {
    const schema = {openAPIV3Schema: {type: 'object', 'x-kubernetes-preserve-unknown-fields': true}};
    const widgets = {group: 'example.com', version: 'v1', resource: 'widgets', kind: 'Widget', namespaced: true};
    await world.create(customResourceDefinitions, 'widgets.example.com', {
      spec: {
        group: 'example.com',
        scope: 'Namespaced',
        names: {plural: 'widgets', singular: 'widget', kind: 'Widget', listKind: 'WidgetList'},
        versions: [{name: 'v1', served: true, storage: true, schema, subresources: {status: {}}}],
      },
    });
    await world.rest();
    await world.create(widgets, 'one', {apiVersion: 'example.com/v1', kind: 'Widget'});
    await world.cluster.pass(1000);
    const {metadata, status} = (await world.get(widgets, 'one')) as {metadata: {labels?: object; finalizers?: string[]}; status?: object};
    assert.deepEqual([status, metadata.labels, metadata.finalizers], [{phase: 'Ready'}, {touched: 'yes'}, ['example.com/held']]);
    await world.merge(widgets, 'one', {metadata: {finalizers: null}});
  });

  it('leave pods that none matches to the profile', async () => {
    await world.create(deployments, 'calm', {spec: {selector: {matchLabels: {app: 'calm'}}, template: template({app: 'calm'})}});
    await world.create(pods, 'failing', {metadata: {labels: {fails: 'yes'}}, spec: podSpec({}, {restartPolicy: 'Never'})});
    await world.rest();
    assert.equal((await world.get(deployments, 'calm')).status?.availableReplicas, 1);
    assert.equal((await world.get(pods, 'failing')).status?.phase, 'Failed');
  });
});

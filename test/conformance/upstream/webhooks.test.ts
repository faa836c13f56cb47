import assert from 'node:assert/strict';
import type {ResourceType} from '../../../server/api/client.ts';
import {
  deployments,
  endpointSlices,
  mutatingWebhookConfigurations,
  services,
  validatingWebhookConfigurations,
} from '../../../server/api/resource-types.generated.ts';
import {podSpec, refusal, template, useWorld} from '../../support/world.ts';

interface Configuration {
  metadata: {name?: string};
  webhooks?: {matchConditions?: {name: string; expression: string}[]}[];
}

const KINDS = {
  mutating: mutatingWebhookConfigurations,
  validating: validatingWebhookConfigurations,
} as unknown as {[kind: string]: ResourceType<Configuration>};

describe('upstream: webhook configurations beside a webhook that runs', () => {
  const world = useWorld();

  beforeEach(async () => {
    const labels = {app: 'sample-webhook', webhook: 'true'};
    const ports = [{containerPort: 8444}];
    await world.create(deployments, 'sample-webhook', {
      spec: {
        replicas: 1,
        selector: {matchLabels: labels},
        template: template(labels, podSpec({ports}, {terminationGracePeriodSeconds: 0})),
      },
    });
    await world.create(services, 'e2e-test-webhook', {spec: {selector: labels, ports: [{protocol: 'TCP', port: 8443, targetPort: 8444}]}});
    await world.rest();
    const [slice] = await world.list(endpointSlices, 'kubernetes.io/service-name=e2e-test-webhook');
    assert.equal(slice?.endpoints?.[0]?.conditions?.ready, true);
  });

  const configuration = (expressions: string[]) => ({
    webhooks: [
      {
        name: 'deny.example.com',
        clientConfig: {service: {namespace: world.namespace, name: 'e2e-test-webhook', path: '/always-deny', port: 8443}},
        rules: [{operations: ['CREATE'], apiGroups: [''], apiVersions: ['v1'], resources: ['configmaps']}],
        namespaceSelector: {matchLabels: {absent: world.namespace}},
        sideEffects: 'None',
        admissionReviewVersions: ['v1'],
        matchConditions: expressions.map((expression, i) => ({name: `expression-${i + 1}`, expression})),
      },
    ],
  });

  for (const kind of Object.keys(KINDS)) {
    it(`makes and updates ${kind} ones with match conditions`, async () => {
      const type = KINDS[kind]!;
      const name = `${kind}-${world.namespace}`;
      await world.create(type, name, configuration(["object.metadata.namespace == 'production'"]));
      const updated = await world.change(type, name, ({webhooks}) =>
        webhooks![0]!.matchConditions!.push({name: 'expression-2', expression: "object.metadata.namespace == 'staging'"}),
      );
      assert.deepEqual(
        updated.webhooks![0]!.matchConditions!.map(condition => condition.name),
        ['expression-1', 'expression-2'],
      );
      await world.remove(type, name);
    });

    it(`refuses ${kind} ones with match conditions that do not compile`, async () => {
      const error = await refusal(world.create(KINDS[kind]!, `${kind}-invalid`, configuration(['... [] bad expression'])));
      assert.equal(error.code, 422);
      assert.match(error.message, /compilation failed/);
    });
  }

  it('shows them in the discovery documents', async () => {
    const read = async (path: string) =>
      (await world.client.request({method: 'GET', path})).body as {groups?: {name: string}[]; resources?: {name: string}[]};
    assert.ok((await read('/apis')).groups?.some(({name}) => name === 'admissionregistration.k8s.io'));
    const names = (await read('/apis/admissionregistration.k8s.io/v1')).resources?.map(({name}) => name);
    assert.ok(names?.includes('mutatingwebhookconfigurations') && names.includes('validatingwebhookconfigurations'));
  });
});

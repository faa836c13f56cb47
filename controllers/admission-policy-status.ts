import type {ApiClient} from '../server/api/client.ts';
import type {Json} from '../server/api/json.ts';
import type {ExpressionWarning, ValidatingAdmissionPolicy} from '../server/api/kinds.generated.ts';
import type {GroupVersionKind} from '../server/api/object.ts';
import {validatingAdmissionPolicies as policyType} from '../server/api/resource-types.generated.ts';
import {kindType} from '../server/schema/cel/kind-types.ts';
import type {TypedKind} from './admission-policy-types.ts';
import {documentPath, expressionWarnings, kindsToCheck, paramKind} from './admission-policy-types.ts';
import type {ControllerDefinition} from './runtime/definition.ts';
import {keyOf} from './runtime/informer.ts';
import {discover} from './support/discovery.ts';

/** Checks whether a ValidatingAdmissionPolicy's expressions fit the kinds it is for (pkg/controller/validatingadmissionpolicystatus). */
export const admissionPolicyStatusController: ControllerDefinition = {
  name: 'validatingadmissionpolicy-status-controller',
  alias: 'validatingadmissionpolicy-status',
  start(context) {
    const policies = context.informer(policyType);
    const queue = context.queue();
    policies.addHandler({added: policy => queue.add(keyOf(policy)), updated: policy => queue.add(keyOf(policy))});
    const reconcile = async (name: string) => {
      const policy = policies.get(name);
      const generation = policy?.metadata.generation;
      if (!policy || policy.status?.observedGeneration === generation) return;
      const warnings = await checkTypes(context.client, policy);
      const apply = {
        apiVersion: 'admissionregistration.k8s.io/v1',
        kind: 'ValidatingAdmissionPolicy',
        metadata: {name},
        status: {
          observedGeneration: generation,
          typeChecking: warnings.length > 0 ? {expressionWarnings: warnings as unknown as Json} : {},
        },
      };
      const options = {subresource: 'status', fieldManager: 'validatingadmissionpolicy-status', force: true};
      await context.client.apply(policyType, apply, options);
    };
    return [context.run(queue, reconcile)];
  },
};

async function checkTypes(client: ApiClient, policy: ValidatingAdmissionPolicy): Promise<ExpressionWarning[]> {
  const kinds = kindsToCheck(policy, (await discover(client)).all);
  if (kinds.length === 0) return [];
  const documents = new Map<string, Json | undefined>();
  const typed = async (kind: GroupVersionKind): Promise<TypedKind> => {
    const path = documentPath(kind);
    if (!documents.has(path)) documents.set(path, (await client.request({method: 'GET', path})).body);
    return {kind, type: kindType(documents.get(path), kind)};
  };
  const found: TypedKind[] = [];
  for (const kind of kinds) found.push(await typed(kind));
  const params = paramKind(policy);
  return expressionWarnings(policy, found, params && (await typed(params)));
}

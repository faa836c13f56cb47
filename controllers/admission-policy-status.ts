import {validatingAdmissionPolicies as policyType} from '../server/api/resource-types.generated.ts';
import type {ControllerDefinition} from './runtime/definition.ts';
import {keyOf} from './runtime/informer.ts';

/** Notes which generation of a ValidatingAdmissionPolicy was looked at; expressions are not checked for types (pkg/controller/validatingadmissionpolicystatus). */
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
      const apply = {
        apiVersion: 'admissionregistration.k8s.io/v1',
        kind: 'ValidatingAdmissionPolicy',
        metadata: {name},
        status: {observedGeneration: generation, typeChecking: {}},
      };
      const options = {subresource: 'status', fieldManager: 'validatingadmissionpolicy-status', force: true};
      await context.client.apply(policyType, apply, options);
    };
    return [context.run(queue, reconcile)];
  },
};

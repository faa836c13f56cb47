import {autoscaling, fromHub as fromAutoscalingV2, toHub as toAutoscalingV2} from './autoscaling/index.ts';
import {coordination} from './coordination/index.ts';
import {core} from './core/index.ts';
import {discovery} from './discovery/index.ts';
import {networking} from './networking/index.ts';
import {node} from './node/index.ts';
import {policy} from './policy/index.ts';
import {rbac} from './rbac/index.ts';
import type {Strategy, View} from './resource.ts';
import {scheduling} from './scheduling/index.ts';

/** The rules of every built-in kind, by API group and kind; a kind that is not here gets none but the generic ones. */
export const strategies: {readonly [group: string]: {readonly [kind: string]: Strategy}} = {
  '': core,
  'apiregistration.k8s.io': {APIService: {validateName: () => []}},
  autoscaling,
  'coordination.k8s.io': coordination,
  'discovery.k8s.io': discovery,
  'networking.k8s.io': networking,
  'node.k8s.io': node,
  policy,
  'rbac.authorization.k8s.io': rbac,
  'scheduling.k8s.io': scheduling,
};

/** Kinds that are views of another version's objects, by `group/version Kind`. */
export const views: {readonly [kind: string]: View} = {
  'autoscaling/v1 HorizontalPodAutoscaler': {
    hub: {group: 'autoscaling', version: 'v2', kind: 'HorizontalPodAutoscaler'},
    toHub: toAutoscalingV2,
    fromHub: fromAutoscalingV2,
  },
};

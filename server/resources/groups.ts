import {admissionregistration} from './admissionregistration/index.ts';
import {apiextensions} from './apiextensions/index.ts';
import {apiregistration} from './apiregistration/index.ts';
import {withoutTemplateGeneration} from './apps/daemonset.ts';
import {apps} from './apps/index.ts';
import {authorization} from './authorization/index.ts';
import {autoscaling, fromHub as fromAutoscalingV2, toHub as toAutoscalingV2} from './autoscaling/index.ts';
import {batch} from './batch/index.ts';
import {certificates} from './certificates/index.ts';
import {coordination} from './coordination/index.ts';
import {eventsEvent} from './core/event.ts';
import {core} from './core/index.ts';
import {discovery} from './discovery/index.ts';
import {fromHub as fromCoreEvent, toHub as toCoreEvent} from './events/index.ts';
import {flowcontrol} from './flowcontrol/index.ts';
import {networking} from './networking/index.ts';
import {node} from './node/index.ts';
import {policy} from './policy/index.ts';
import {rbac} from './rbac/index.ts';
import {resource} from './resource/index.ts';
import type {Strategy, View} from './resource.ts';
import {scheduling} from './scheduling/index.ts';
import {storage} from './storage/index.ts';

/** The rules of every built-in kind, by API group and kind; a kind that is not here gets none but the generic ones. */
export const strategies: {readonly [group: string]: {readonly [kind: string]: Strategy}} = {
  '': core,
  'admissionregistration.k8s.io': admissionregistration,
  'apiextensions.k8s.io': apiextensions,
  'apiregistration.k8s.io': apiregistration,
  apps,
  'authorization.k8s.io': authorization,
  autoscaling,
  batch,
  'certificates.k8s.io': certificates,
  'coordination.k8s.io': coordination,
  'discovery.k8s.io': discovery,
  'flowcontrol.apiserver.k8s.io': flowcontrol,
  'events.k8s.io': {Event: eventsEvent},
  'networking.k8s.io': networking,
  'node.k8s.io': node,
  policy,
  'rbac.authorization.k8s.io': rbac,
  'resource.k8s.io': resource,
  'scheduling.k8s.io': scheduling,
  'storage.k8s.io': storage,
};

/** Kinds that are views of another version's objects, by `group/version Kind`. */
export const views: {readonly [kind: string]: View} = {
  'apps/v1 DaemonSet': {
    hub: {group: 'apps', version: 'v1', kind: 'DaemonSet'},
    toHub: object => object,
    fromHub: object => object,
    metadata: withoutTemplateGeneration,
  },
  'autoscaling/v1 HorizontalPodAutoscaler': {
    hub: {group: 'autoscaling', version: 'v2', kind: 'HorizontalPodAutoscaler'},
    toHub: toAutoscalingV2,
    fromHub: fromAutoscalingV2,
  },
  'events.k8s.io/v1 Event': {hub: {group: '', version: 'v1', kind: 'Event'}, toHub: toCoreEvent, fromHub: fromCoreEvent},
};

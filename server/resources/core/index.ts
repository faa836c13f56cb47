import type {Strategy} from '../resource.ts';
import {configMap} from './configmap.ts';
import {endpoints} from './endpoints.ts';
import {event} from './event.ts';
import {limitRange} from './limitrange.ts';
import {namespace} from './namespace.ts';
import {node} from './node.ts';
import {persistentVolume} from './persistentvolume.ts';
import {persistentVolumeClaim} from './persistentvolumeclaim.ts';
import {pod} from './pod/pod.ts';
import {podTemplate} from './podtemplate.ts';
import {replicationController} from './replicationcontroller.ts';
import {resourceQuota} from './resourcequota.ts';
import {secret} from './secret.ts';
import {service} from './service.ts';
import {serviceAccount} from './serviceaccount.ts';

/** The rules of the core group's kinds. */
export const core: {readonly [kind: string]: Strategy} = {
  ConfigMap: configMap,
  Endpoints: endpoints,
  Event: event,
  LimitRange: limitRange,
  Namespace: namespace,
  Node: node,
  PersistentVolume: persistentVolume,
  PersistentVolumeClaim: persistentVolumeClaim,
  Pod: pod,
  PodTemplate: podTemplate,
  ReplicationController: replicationController,
  ResourceQuota: resourceQuota,
  Secret: secret,
  Service: service,
  ServiceAccount: serviceAccount,
};

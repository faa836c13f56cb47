import type {Strategy} from '../resource.ts';
import {controllerRevision} from './controllerrevision.ts';
import {daemonSet} from './daemonset.ts';
import {deployment} from './deployment.ts';
import {replicaSet} from './replicaset.ts';
import {statefulSet} from './statefulset.ts';

/** Rules of the apps group by kind. */
export const apps: {readonly [kind: string]: Strategy} = {
  ControllerRevision: controllerRevision,
  DaemonSet: daemonSet,
  Deployment: deployment,
  ReplicaSet: replicaSet,
  StatefulSet: statefulSet,
};

import {deploymentController} from './deployment.ts';
import {replicaSetController} from './replicaset.ts';
import {replicationControllerController} from './replicationcontroller.ts';
import type {ControllerDefinition} from './runtime/definition.ts';

/** Every controller of kube-controller-manager, in its order of start. */
export const controllers: readonly ControllerDefinition[] = [replicationControllerController, deploymentController, replicaSetController];

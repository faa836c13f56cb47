import {replicationControllers} from '../server/api/resource-types.generated.ts';
import {startReplicaController} from './replicaset.ts';
import type {ControllerDefinition} from './runtime/definition.ts';

export const replicationControllerController: ControllerDefinition = {
  name: 'replicationcontroller-controller',
  alias: 'replicationcontroller',
  serviceAccount: 'replication-controller',
  start: context =>
    startReplicaController(context, {
      type: replicationControllers,
      selects: ({spec}, labels = {}) => Object.entries(spec?.selector ?? {}).every(([key, value]) => labels[key] === value),
      countsTerminating: false,
    }),
};

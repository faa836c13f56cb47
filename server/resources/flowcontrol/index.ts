import type {Strategy} from '../resource.ts';
import {flowSchema} from './flowschema.ts';
import {priorityLevelConfiguration} from './prioritylevelconfiguration.ts';

/** Rules of the flowcontrol.apiserver.k8s.io group by kind. */
export const flowcontrol: {readonly [kind: string]: Strategy} = {
  FlowSchema: flowSchema,
  PriorityLevelConfiguration: priorityLevelConfiguration,
};

import type {Strategy} from '../resource.ts';
import {priorityClass} from './priorityclass.ts';

/** Rules of the scheduling.k8s.io group by kind. */
export const scheduling: {readonly [kind: string]: Strategy} = {PriorityClass: priorityClass};

import type {Strategy} from '../resource.ts';
import {podDisruptionBudget} from './poddisruptionbudget.ts';

/** Rules of the policy group by kind. */
export const policy: {readonly [kind: string]: Strategy} = {PodDisruptionBudget: podDisruptionBudget};

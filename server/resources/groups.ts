import {coordination} from './coordination/index.ts';
import {networking} from './networking/index.ts';
import {policy} from './policy/index.ts';
import {rbac} from './rbac/index.ts';
import type {Strategy, View} from './resource.ts';
import {scheduling} from './scheduling/index.ts';

/** The rules of every built-in kind, by API group and kind; a kind that is not here gets none but the generic ones. */
export const strategies: {readonly [group: string]: {readonly [kind: string]: Strategy}} = {
  'apiregistration.k8s.io': {APIService: {validateName: () => []}},
  'coordination.k8s.io': coordination,
  'networking.k8s.io': networking,
  policy,
  'rbac.authorization.k8s.io': rbac,
  'scheduling.k8s.io': scheduling,
};

/** Kinds that are views of another version's objects, by `group/version Kind`. */
export const views: {readonly [kind: string]: View} = {};

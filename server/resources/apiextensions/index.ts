import type {Strategy} from '../resource.ts';
import {customResourceDefinition} from './customresourcedefinition.ts';

/** The rules of the apiextensions.k8s.io group's kinds. */
export const apiextensions: {readonly [kind: string]: Strategy} = {
  CustomResourceDefinition: customResourceDefinition,
};

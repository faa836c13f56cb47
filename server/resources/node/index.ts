import type {Strategy} from '../resource.ts';
import {runtimeClass} from './runtimeclass.ts';

/** Rules of the node.k8s.io group by kind. */
export const node: {readonly [kind: string]: Strategy} = {RuntimeClass: runtimeClass};

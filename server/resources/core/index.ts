import type {Strategy} from '../resource.ts';
import {pod} from './pod/pod.ts';

/** The rules of the core group's kinds. */
export const core: {readonly [kind: string]: Strategy} = {
  Pod: pod,
};

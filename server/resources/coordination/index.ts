import type {Strategy} from '../resource.ts';
import {lease} from './lease.ts';

/** Rules of the coordination.k8s.io group by kind. */
export const coordination: {readonly [kind: string]: Strategy} = {Lease: lease};

import type {Strategy} from '../resource.ts';
import {endpointSlice} from './endpointslice.ts';

/** Rules of the discovery.k8s.io group by kind. */
export const discovery: {readonly [kind: string]: Strategy} = {EndpointSlice: endpointSlice};

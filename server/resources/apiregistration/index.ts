import type {Strategy} from '../resource.ts';
import {apiService} from './apiservice.ts';

/** Rules of the apiregistration.k8s.io group by kind. */
export const apiregistration: {readonly [kind: string]: Strategy} = {APIService: apiService};

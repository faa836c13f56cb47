import type {Strategy} from '../resource.ts';
import {deviceClass} from './deviceclass.ts';
import {resourceClaim} from './resourceclaim.ts';
import {resourceClaimTemplate} from './resourceclaimtemplate.ts';
import {resourceSlice} from './resourceslice.ts';

/** Rules of the resource.k8s.io group by kind. */
export const resource: {readonly [kind: string]: Strategy} = {
  DeviceClass: deviceClass,
  ResourceClaim: resourceClaim,
  ResourceClaimTemplate: resourceClaimTemplate,
  ResourceSlice: resourceSlice,
};

export {validateClaimSpec} from './persistentvolumeclaim-spec.ts';
export {defaultClaimSpec} from './pod/defaults.ts';

import type {AdmissionPlugin} from './admission.ts';
import {refuse} from './admission.ts';

/** Lets everything through, as it would be without. Off by default. */
export const alwaysAdmit: AdmissionPlugin = {name: 'AlwaysAdmit', handles: () => false};

/** Refuses every change but the server's own, without which it would not come up. Off by default. */
export const alwaysDeny: AdmissionPlugin = {
  name: 'AlwaysDeny',
  handles: ({identity}) => identity.name !== 'system:apiserver',
  admit(request) {
    throw refuse(request, 'admission control is denying all modifications');
  },
};

import {setOwn} from '../../api/json.ts';
import type {ReplicationController, Secret} from '../../api/kinds.generated.ts';
import type {Strategy} from '../resource.ts';

/** Upstream: pkg/registry/core/configmap. */
export const configMap: Strategy = {generation: 'none'};

/** Upstream: pkg/registry/core/secret. */
export const secret: Strategy = {
  generation: 'none',
  defaults(object) {
    const value = object as unknown as Secret;
    value.type ||= 'Opaque';
    for (const [key, text] of Object.entries(value.stringData ?? {})) {
      value.data ??= {};
      setOwn(value.data, key, Buffer.from(text).toString('base64'));
    }
    delete value.stringData;
  },
  selectableFields: ['type'],
  fields: object => ({type: (object as unknown as Secret).type ?? ''}),
  unknownField: label => `field label not supported: ${label}`,
};

export const serviceAccount: Strategy = {generation: 'none', returnDeletedObject: true};

export const event: Strategy = {generation: 'none', validateName: () => [], allowCreateOnUpdate: true};

export const endpoints: Strategy = {generation: 'none', allowCreateOnUpdate: true};

export const replicationController: Strategy = {
  defaultPropagation: 'Orphan',
  prepareForCreate(object) {
    object.status = {replicas: 0};
  },
  selectableFields: ['status.replicas'],
  fields: object => ({'status.replicas': String((object as unknown as ReplicationController).status?.replicas ?? 0)}),
  unknownField: label => `field label not supported: ${label}`,
};

import type {Scale} from '../api/kinds.generated.ts';
import {AGE, column, NAME} from './printing.ts';
import type {Column, Resource} from './resource.ts';

const hub = {group: 'autoscaling', version: 'v1', kind: 'Scale'};

/** autoscaling/v1 Scale, the one form that all scalable kinds share: what sending it as a Table takes. */
export const scaleResource: Pick<Resource, 'group' | 'version' | 'kind' | 'custom' | 'view' | 'columns'> = {
  ...hub,
  custom: false,
  view: {hub, toHub: object => object, fromHub: object => object},
  columns: [
    NAME,
    column<Scale>('Desired', ({spec}) => spec?.replicas ?? 0),
    column<Scale>('Available', ({status}) => status?.replicas ?? 0),
    AGE,
  ].map(({name, print}): Column => {
    const type = name === 'Desired' || name === 'Available' ? 'integer' : 'string';
    return {name, type, format: '', description: '', priority: 0, cell: print};
  }),
};

import type {ColumnFact, Facts} from '../../openapi/facts.ts';
import type {Describe} from './columns.ts';
import {columnsOf} from './columns.ts';
import type {Resource} from './resource.ts';

const hub = {group: 'autoscaling', version: 'v1', kind: 'Scale'};

/** What sending a Scale in any form takes. */
export type ScaleForm = Pick<Resource, 'group' | 'version' | 'kind' | 'custom' | 'view' | 'columns'>;

// Unlike other names, a scale's has no format.
const COLUMNS: readonly ColumnFact[] = [
  ['Name', 'string', '', 0],
  ['Desired', 'integer', '', 0],
  ['Available', 'integer', '', 0],
  ['Age', 'string', '', 0],
];

/** autoscaling/v1 Scale, the one form that all scalable kinds share. */
export const scaleForm = (facts: Facts, describe: Describe): ScaleForm => ({
  ...hub,
  custom: false,
  view: {hub, toHub: object => object, fromHub: object => object},
  columns: columnsOf(hub, COLUMNS, facts, describe),
});

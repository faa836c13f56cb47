import type {PriorityClass} from '../../api/kinds.generated.ts';
import type {ColumnsByKind} from '../printing.ts';
import {AGE, column, NAME} from '../printing.ts';

export const columns: ColumnsByKind = {
  PriorityClass: [
    NAME,
    column<PriorityClass>('Value', ({value}) => value ?? 0, 'PriorityClass.value'),
    column<PriorityClass>('Global-Default', ({globalDefault}) => globalDefault ?? false, 'PriorityClass.globalDefault'),
    AGE,
    column<PriorityClass>('PreemptionPolicy', ({preemptionPolicy}) => preemptionPolicy ?? '', 'PriorityClass.preemptionPolicy'),
  ],
};

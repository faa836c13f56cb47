import type {RuntimeClass} from '../../api/kinds.generated.ts';
import type {ColumnsByKind} from '../printing.ts';
import {AGE, column, NAME} from '../printing.ts';

export const columns: ColumnsByKind = {
  RuntimeClass: [NAME, column<RuntimeClass>('Handler', ({handler}) => handler ?? ''), AGE],
};

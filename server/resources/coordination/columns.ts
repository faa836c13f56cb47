import type {Lease} from '../../api/kinds.generated.ts';
import type {ColumnsByKind} from '../printing.ts';
import {AGE, column, NAME} from '../printing.ts';

export const columns: ColumnsByKind = {
  Lease: [NAME, column<Lease>('Holder', ({spec}) => spec?.holderIdentity ?? '', 'LeaseSpec.holderIdentity'), AGE],
};

import type {APIService} from '../../api/kinds.generated.ts';
import type {ColumnsByKind} from '../printing.ts';
import {AGE, column, NAME} from '../printing.ts';

export const columns: ColumnsByKind = {
  APIService: [
    NAME,
    column<APIService>('Service', ({spec}) => (spec?.service ? `${spec.service.namespace ?? ''}/${spec.service.name ?? ''}` : 'Local')),
    column<APIService>('Available', ({status}) => {
      const available = status?.conditions?.find(({type}) => type === 'Available');
      if (!available) return 'Unknown';
      return available.status === 'True' ? 'True' : `${available.status} (${available.reason ?? ''})`;
    }),
    AGE,
  ],
};

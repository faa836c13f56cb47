import type {PodDisruptionBudget} from '../../api/kinds.generated.ts';
import type {ColumnsByKind} from '../printing.ts';
import {AGE, column, NAME} from '../printing.ts';

export const columns: ColumnsByKind = {
  PodDisruptionBudget: [
    NAME,
    column<PodDisruptionBudget>('Min Available', ({spec}) => String(spec?.minAvailable ?? 'N/A')),
    column<PodDisruptionBudget>('Max Unavailable', ({spec}) => String(spec?.maxUnavailable ?? 'N/A')),
    column<PodDisruptionBudget>('Allowed Disruptions', ({status}) => status?.disruptionsAllowed ?? 0),
    AGE,
  ],
};

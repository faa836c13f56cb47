import type {FlowSchema, PriorityLevelConfiguration} from '../../api/kinds.generated.ts';
import type {KubeObject} from '../../api/object.ts';
import type {ColumnsByKind, PrintedColumn} from '../printing.ts';
import {AGE, column, NAME, NONE} from '../printing.ts';

export const columns: ColumnsByKind = {
  FlowSchema: [
    NAME,
    column<FlowSchema>(
      'PriorityLevel',
      ({spec}) => spec?.priorityLevelConfiguration?.name ?? '',
      'PriorityLevelConfigurationReference.name',
    ),
    column<FlowSchema>('MatchingPrecedence', ({spec}) => spec?.matchingPrecedence ?? 0, 'FlowSchemaSpec.matchingPrecedence'),
    column<FlowSchema>('DistinguisherMethod', ({spec}) => spec?.distinguisherMethod?.type ?? NONE, 'FlowSchemaSpec.distinguisherMethod'),
    AGE,
    column<FlowSchema>('MissingPL', ({status}) => status?.conditions?.find(({type}) => type === 'Dangling')?.status ?? '?'),
  ],
  PriorityLevelConfiguration: [
    NAME,
    column<PriorityLevelConfiguration>('Type', ({spec}) => spec?.type ?? '', 'PriorityLevelConfigurationSpec.type'),
    column<PriorityLevelConfiguration>(
      'NominalConcurrencyShares',
      ({spec}) => (spec?.limited ? (spec.limited.nominalConcurrencyShares ?? 0) : NONE),
      'LimitedPriorityLevelConfiguration.nominalConcurrencyShares',
    ),
    queuing('Queues', 'queues'),
    queuing('HandSize', 'handSize'),
    queuing('QueueLengthLimit', 'queueLengthLimit'),
    AGE,
  ],
};

function queuing(name: string, field: 'queues' | 'handSize' | 'queueLengthLimit'): PrintedColumn {
  return column<PriorityLevelConfiguration>(
    name,
    ({spec}) => {
      const queuing = spec?.limited?.limitResponse?.queuing;
      return queuing ? (queuing[field] ?? 0) : NONE;
    },
    `QueuingConfiguration.${field}`,
  );
}

/** The order in which requests are matched against flow schemas; those of one precedence stay in that of their names. */
export const flowSchemaOrder = (a: KubeObject, b: KubeObject): number =>
  ((a as FlowSchema).spec?.matchingPrecedence ?? 0) - ((b as FlowSchema).spec?.matchingPrecedence ?? 0);

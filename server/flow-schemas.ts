import type {ApiClient} from './api/client.ts';
import type {Clock} from './api/clock.ts';
import type {FlowSchema} from './api/kinds.generated.ts';
import {formatGroupVersion} from './api/object.ts';
import {flowSchemas as FLOW_SCHEMAS} from './api/resource-types.generated.ts';
import {isApiError} from './api/status.ts';
import {formatTime} from './api/time.ts';
import type {Reaction} from './storage/react.ts';
import {reactTo} from './storage/react.ts';
import type {ResourceStorage} from './storage/types.ts';

export interface FlowSchemasOptions {
  readonly flowSchemas: ResourceStorage;
  readonly priorityLevels: ResourceStorage;
  readonly clock: Clock;
  /** Acts as the API server itself. */
  readonly client: ApiClient;
  report(error: unknown): void;
}

const MANAGER = 'api-priority-and-fairness-config-consumer-v1';

/** Says in each FlowSchema whether its priority level exists (k8s.io/apiserver/pkg/util/flowcontrol/apf_controller.go). */
export const watchFlowSchemas = (options: FlowSchemasOptions): Reaction =>
  reactTo(
    [options.flowSchemas, options.priorityLevels],
    async () => {
      for (const {object} of [...options.flowSchemas.snapshot().range()]) await judge(options, object as unknown as FlowSchema);
    },
    options.report,
  );

async function judge({priorityLevels, clock, client}: FlowSchemasOptions, {metadata, spec, status}: FlowSchema): Promise<void> {
  const wanted = verdict(spec?.priorityLevelConfiguration.name ?? '', level => priorityLevels.get(level) !== undefined);
  const found = status?.conditions?.find(({type}) => type === wanted.type);
  if (found?.status === wanted.status && found.reason === wanted.reason && found.message === wanted.message) return;
  const condition = {...wanted, lastTransitionTime: formatTime(clock.now())};
  const configuration = {
    apiVersion: formatGroupVersion(FLOW_SCHEMAS),
    kind: FLOW_SCHEMAS.kind,
    metadata: {name: metadata.name!},
    status: {conditions: [condition]},
  };
  try {
    await client.apply(FLOW_SCHEMAS, configuration, {subresource: 'status', fieldManager: MANAGER, force: true});
  } catch (error) {
    if (!isApiError(error, 'NotFound')) throw error;
  }
}

function verdict(level: string, exists: (level: string) => boolean) {
  const subject = `This FlowSchema references the PriorityLevelConfiguration object named ${JSON.stringify(level)}`;
  return exists(level)
    ? {type: 'Dangling', status: 'False', reason: 'Found', message: `${subject} and it exists`}
    : {type: 'Dangling', status: 'True', reason: 'NotFound', message: `${subject} but there is no such object`};
}

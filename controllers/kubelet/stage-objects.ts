import type {ApiClient, ResourceType} from '../../server/api/client.ts';
import type {Clock} from '../../server/api/clock.ts';
import type {CustomResourceDefinition} from '../../server/api/kinds.generated.ts';
import type {KubeObject} from '../../server/api/object.ts';
import {customResourceDefinitions} from '../../server/api/resource-types.generated.ts';
import type {Informer} from '../runtime/informer.ts';
import {createInformer} from '../runtime/informer.ts';
import type {Informers} from '../runtime/informers.ts';
import type {Stage, StageObject} from './stages/stage.ts';
import {compileStage} from './stages/stage.ts';

const STAGES: ResourceType = {group: 'kwok.x-k8s.io', version: 'v1alpha1', resource: 'stages', kind: 'Stage', namespaced: false};

export interface StageObjectsOptions {
  client: ApiClient;
  clock: Clock;
  informers: Informers;
  /** The Stages are others now. */
  changed(): void;
  report(what: string, error: unknown): void;
}

/** The Stage objects of a cluster in which KWOK's Stage is defined. */
export interface StageObjects {
  /** By name. */
  stages(): readonly Stage[];
  stop(): void;
}

export function followStageObjects({client, clock, informers, changed, report}: StageObjectsOptions): StageObjects {
  const compiled = new Map<string, Stage>();
  let sorted: readonly Stage[] = [];
  let informer: Informer<KubeObject> | undefined;

  const update = (name: string, object: KubeObject | undefined) => {
    compiled.delete(name);
    try {
      const stage = object && compileStage(object as unknown as StageObject);
      if (stage) compiled.set(name, stage);
    } catch (error) {
      report(name, error);
    }
    sorted = [...compiled].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, stage]) => stage);
    changed();
  };
  const set = (object: KubeObject) => update(object.metadata.name!, {...object, apiVersion: 'kwok.x-k8s.io/v1alpha1', kind: 'Stage'});
  const defined = (definition: CustomResourceDefinition) => {
    if (informer || !isStageDefinition(definition)) return;
    informer = createInformer(client, clock, STAGES);
    informer.addHandler({added: set, updated: set, deleted: ({metadata}) => update(metadata.name!, undefined)});
  };
  const removed = (definition: CustomResourceDefinition) => {
    if (!informer || !isStageDefinition(definition)) return;
    informer.stop();
    informer = undefined;
    for (const name of [...compiled.keys()]) update(name, undefined);
  };
  informers.for(customResourceDefinitions).addHandler({added: defined, updated: defined, deleted: removed});
  return {
    stages: () => sorted,
    stop: () => informer?.stop(),
  };
}

const isStageDefinition = ({spec, status}: CustomResourceDefinition): boolean =>
  spec.group === STAGES.group &&
  spec.names.plural === STAGES.resource &&
  (status?.conditions ?? []).some(({type, status: value}) => type === 'Established' && value === 'True');

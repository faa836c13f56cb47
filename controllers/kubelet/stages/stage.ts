import {load} from 'js-yaml';
import {parseMilliseconds} from '../../../server/api/duration.ts';
import type {Json, JsonObject} from '../../../server/api/json.ts';
import {isObject} from '../../../server/api/json.ts';
import type {Random} from '../../../server/api/random.ts';
import type {Query} from './jq.ts';
import {compileQuery} from './jq.ts';
import type {Template} from './template.ts';
import {compileTemplate} from './template.ts';

/** One entry of matchExpressions; `key` is a jq expression. */
export type StageRequirement = {key: string; operator: string; values?: string[]};

/** A Stage as KWOK defines it (kwok.x-k8s.io/v1alpha1). */
export type StageObject = {
  apiVersion: string;
  kind: string;
  metadata: {name: string};
  spec: {
    resourceRef: {apiGroup?: string; kind: string};
    selector?: {
      matchLabels?: {[key: string]: string};
      matchAnnotations?: {[key: string]: string};
      matchExpressions?: StageRequirement[];
    };
    weight?: number;
    weightFrom?: {expressionFrom: string};
    delay?: {
      durationMilliseconds?: number;
      durationFrom?: {expressionFrom: string};
      jitterDurationMilliseconds?: number;
      jitterDurationFrom?: {expressionFrom: string};
    };
    next?: StageNextObject;
    immediateNextStage?: boolean;
  };
};

export type StageNextObject = {
  event?: {type?: string; reason?: string; message?: string};
  finalizers?: {add?: {value: string}[]; remove?: {value: string}[]; empty?: boolean};
  delete?: boolean;
  statusTemplate?: string;
  statusSubresource?: string;
  statusPatchAs?: {username: string};
  patches?: {subresource?: string; root?: string; template: string; type?: string; impersonation?: {username: string}}[];
};

/** A Stage, compiled. */
export interface Stage {
  readonly name: string;
  readonly apiGroup: string;
  readonly kind: string;
  matches(object: JsonObject): boolean;
  weight(object: JsonObject): number;
  /** Milliseconds from now until it takes place. */
  delay(object: JsonObject, now: number, random: Random): number;
  readonly next: StageNext;
}

/** What happens, in this order: event, finalizers, delete or else patches. */
export interface StageNext {
  readonly event?: {type: 'Normal' | 'Warning'; reason: string; message: string};
  readonly finalizers?: StageNextObject['finalizers'];
  readonly delete: boolean;
  readonly patches: readonly StagePatch[];
}

export interface StagePatch {
  readonly subresource: string;
  /** The field that the template's result is put under; '' for none. */
  readonly root: string;
  readonly template: Template;
  readonly type: 'json' | 'merge' | 'strategic';
  /** Acts as this user instead of the kubelet. */
  readonly username?: string;
}

export class StageError extends Error {
  constructor(name: string, what: string) {
    super(`Stage ${JSON.stringify(name)}: ${what}`);
    this.name = 'StageError';
  }
}

/** Reads the Stages of a YAML text; other documents are refused. */
export function parseStages(text: string): Stage[] {
  return text
    .split(/^---\s*$/m)
    .map(document => load(document) as StageObject | null | undefined)
    .filter(document => document !== null && document !== undefined)
    .map(compileStage);
}

export function compileStage({apiVersion, kind, metadata, spec}: StageObject): Stage {
  const name = metadata?.name ?? '';
  if (kind !== 'Stage' || !apiVersion?.startsWith('kwok.x-k8s.io/'))
    throw new StageError(name, `kind ${kind} of ${apiVersion} is no Stage`);
  try {
    const {resourceRef, selector = {}, weight = 0, weightFrom, delay = {}} = spec;
    const requirements = (selector.matchExpressions ?? []).map(compileRequirement);
    const weigh = weightFrom && compileQuery(weightFrom.expressionFrom);
    return {
      name,
      apiGroup: resourceRef.apiGroup ?? 'v1',
      kind: resourceRef.kind,
      matches: object =>
        includes(metadataMap(object, 'labels'), selector.matchLabels) &&
        includes(metadataMap(object, 'annotations'), selector.matchAnnotations) &&
        requirements.every(requirement => requirement(object)),
      weight: object => numberFrom(weigh, object) ?? weight,
      delay: compileDelay(delay),
      next: compileNext(spec.next ?? {}),
    };
  } catch (error) {
    throw error instanceof StageError ? error : new StageError(name, (error as Error).message);
  }
}

const metadataMap = ({metadata}: JsonObject, field: 'labels' | 'annotations'): JsonObject => {
  const map = isObject(metadata) ? metadata[field] : undefined;
  return isObject(map) ? map : {};
};

const includes = (map: JsonObject, wanted: {[key: string]: string} = {}): boolean =>
  Object.entries(wanted).every(([key, value]) => map[key] === value);

function compileRequirement({key, operator, values = []}: StageRequirement): (object: JsonObject) => boolean {
  const query = compileQuery(key);
  const results = (object: JsonObject) => query(object).filter(value => value !== null);
  const contained = (value: Json) => values.includes(typeof value === 'string' ? value : JSON.stringify(value));
  switch (operator) {
    case 'In':
      return object => results(object).some(contained);
    case 'NotIn':
      return object => !results(object).some(contained);
    case 'Exists':
      return object => results(object).length > 0;
    case 'DoesNotExist':
      return object => results(object).length === 0;
    default:
      throw new Error(`unknown operator ${JSON.stringify(operator)}`);
  }
}

const numberFrom = (query: Query | undefined, object: JsonObject): number | undefined => {
  const value = query?.(object).find(result => result !== null);
  const number = value === undefined ? Number.NaN : Number(value);
  return Number.isNaN(number) ? undefined : number;
};

function compileDelay(delay: NonNullable<StageObject['spec']['delay']>): Stage['delay'] {
  const {durationMilliseconds = 0, durationFrom, jitterDurationMilliseconds, jitterDurationFrom} = delay;
  const durationQuery = durationFrom && compileQuery(durationFrom.expressionFrom);
  const jitterQuery = jitterDurationFrom && compileQuery(jitterDurationFrom.expressionFrom);
  return (object, now, random) => {
    const duration = durationOf(durationQuery, object, now) ?? durationMilliseconds;
    const jitter = durationOf(jitterQuery, object, now) ?? jitterDurationMilliseconds;
    if (jitter === undefined) return duration;
    return jitter > duration ? duration + random.float() * (jitter - duration) : jitter;
  };
}

/** The result of the expression: a Go duration, or a time, which counts from now. */
function durationOf(query: Query | undefined, object: JsonObject, now: number): number | undefined {
  const value = query?.(object).find(result => typeof result === 'string' && result !== '');
  if (typeof value !== 'string') return undefined;
  const time = Date.parse(value);
  return /^\d{4}-/.test(value) && !Number.isNaN(time) ? Math.max(0, time - now) : parseMilliseconds(value);
}

const PATCH_TYPES: {readonly [type: string]: StagePatch['type']} = {json: 'json', merge: 'merge', strategic: 'strategic'};

function compileNext(next: StageNextObject): StageNext {
  const {event, finalizers, statusTemplate, statusSubresource = 'status', statusPatchAs, patches = []} = next;
  const status =
    statusTemplate !== undefined
      ? [{subresource: statusSubresource, root: 'status', template: statusTemplate, impersonation: statusPatchAs}]
      : [];
  return {
    ...(event && {
      event: {type: event.type === 'Warning' ? 'Warning' : 'Normal', reason: event.reason ?? '', message: event.message ?? ''},
    }),
    ...(finalizers && {finalizers}),
    delete: next.delete ?? false,
    patches: [...status, ...patches].map(({subresource = '', root = '', template, impersonation, ...patch}) => {
      const type = PATCH_TYPES[('type' in patch && patch.type) || 'strategic'];
      if (!type) throw new Error(`unknown patch type ${JSON.stringify((patch as {type?: string}).type)}`);
      return {subresource, root, type, template: compileTemplate(template), ...(impersonation && {username: impersonation.username})};
    }),
  };
}

/** Chooses among the stages that match an object, by weight; without weights all are equal. */
export function chooseStage(stages: readonly Stage[], object: JsonObject, random: Random): Stage | undefined {
  const matching = stages.filter(stage => stage.matches(object));
  if (matching.length <= 1) return matching[0];
  const weights = matching.map(stage => Math.max(0, stage.weight(object)));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  if (total === 0) return matching[random.integer(matching.length)];
  let left = random.float() * total;
  return matching.find((_, i) => {
    left -= weights[i]!;
    return left < 0;
  });
}

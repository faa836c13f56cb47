import {loadFacts} from '../../../openapi/facts.ts';
import {schemasOf} from '../../../openapi/schemas.ts';
import type {AdmissionLookup, AdmissionPlugin, AdmissionRequest, WebhookCaller} from '../../../server/admission/admission.ts';
import {chainOf} from '../../../server/admission/chain.ts';
import type {JsonObject} from '../../../server/api/json.ts';
import type {KubeObject} from '../../../server/api/object.ts';
import {isApiError} from '../../../server/api/status.ts';
import type {Resource} from '../../../server/resources/resource.ts';

const SCHEMA = schemasOf(loadFacts()).forKind({group: '', version: 'v1', kind: 'ConfigMap'})!;

type Convert = (object: KubeObject, apiVersion: string) => KubeObject;

/** ConfigMaps, in versions v1 (the hub) and v2; custom ones if there is somebody to convert them. */
const resource = (version: string, convert?: Convert): Resource =>
  ({
    custom: convert !== undefined,
    group: '',
    version,
    kind: 'ConfigMap',
    resource: 'configmaps',
    namespaced: true,
    strategy: {},
    schema: SCHEMA,
    view: {
      hub: {group: '', version: 'v1', kind: 'ConfigMap'},
      toHub: (object: KubeObject) => ({...object, apiVersion: 'v1'}),
      fromHub: (object: KubeObject) => ({...object, apiVersion: version}),
      ...(convert && {conversion: {fromHub: async (objects: KubeObject[]) => objects.map(object => convert(object, version))}}),
    },
  }) as unknown as Resource;

/** What is in no namespace. */
const GLOBAL = {...resource('v1'), kind: 'Global', resource: 'globals', namespaced: false};

/** A request is about a namespace. */
export const ABOUT_NAMESPACE: Partial<AdmissionRequest> = {
  resource: {...resource('v1'), kind: 'Namespace', resource: 'namespaces', namespaced: false},
  kind: {group: '', version: 'v1', kind: 'Namespace'},
  namespace: '',
};

export interface Situation {
  readonly object?: object;
  readonly old?: object;
  readonly dryRun?: boolean;
  /** Of what else the request is. */
  readonly more?: Partial<AdmissionRequest>;
  /** Lists by plural. */
  readonly world: {readonly [plural: string]: readonly object[]};
  /** What a webhook answers to a review; an Error is thrown. */
  /** Makes custom resources of ConfigMaps: how a conversion webhook converts them; what it throws is its failure. */
  readonly convert?: Convert;
  readonly answer?: (review: JsonObject, url: string) => JsonObject | Error;
}

/** Runs plugins over one request for the ConfigMap `c` in namespace `n`. */
export async function admit(plugins: readonly AdmissionPlugin[], {object, old, dryRun = false, more, world, convert, answer}: Situation) {
  const warnings: string[] = [];
  const annotations: {[key: string]: string} = {};
  const own = resource('v1', convert);
  const request: AdmissionRequest = {
    operation: object === undefined ? 'DELETE' : old === undefined ? 'CREATE' : 'UPDATE',
    resource: own,
    subresource: '',
    kind: {group: '', version: 'v1', kind: 'ConfigMap'},
    namespace: 'n',
    name: 'c',
    object: object && ({apiVersion: 'v1', kind: 'ConfigMap', metadata: {name: 'c'}, ...structuredClone(object)} as KubeObject),
    old: old as KubeObject | undefined,
    options: {},
    dryRun,
    identity: {name: 'alice', groups: ['g']},
    warn: message => void warnings.push(message),
    audit: (key, value) => void Object.assign(annotations, {[key]: value}),
    ...more,
  };
  const webhooks: WebhookCaller = {
    async post({url = ''}, body) {
      const result = answer?.(body, url) ?? new Error('nobody there');
      if (result instanceof Error) throw result;
      return result;
    },
  };
  const lookup = {
    webhooks,
    random: {uuid: () => 'uid-1'},
    authorizer: ({verb}: {verb: string}) => ({allowed: verb === 'get', reason: ''}),
    get: (_group: string, plural: string, _namespace: string, name: string) =>
      (world[plural] as KubeObject[] | undefined)?.find(({metadata}) => metadata.name === name),
    list: (_group: string, plural: string) => (world[plural] ?? []) as KubeObject[],
    findKind: ({version, kind}: {version: string; kind: string}) =>
      kind === 'Global'
        ? GLOBAL
        : kind === 'ConfigMap' && (version === 'v1' || version === 'v2')
          ? version === 'v1'
            ? own
            : resource('v2', convert)
          : undefined,
  } as unknown as AdmissionLookup;
  try {
    const chain = chainOf(plugins, lookup);
    await chain.admit(request);
    await chain.validate(request);
  } catch (error) {
    if (!isApiError(error)) throw error;
    return {code: error.status.code, reason: error.status.reason, message: error.message, warnings, annotations, object: request.object};
  }
  return {warnings, annotations, object: request.object};
}

export const RULES = [{apiGroups: [''], apiVersions: ['v1'], operations: ['*'], resources: ['configmaps']}];

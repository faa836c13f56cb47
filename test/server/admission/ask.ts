import type {AdmissionLookup, AdmissionOperation, AdmissionPlugin, AdmissionRequest} from '../../../server/admission/admission.ts';
import {chainOf} from '../../../server/admission/chain.ts';
import type {KubeObject} from '../../../server/api/object.ts';
import {isApiError} from '../../../server/api/status.ts';
import type {Resource} from '../../../server/resources/resource.ts';

export interface Question {
  /** `pods`, `deployments.apps` */
  resource: string;
  object?: object;
  old?: object;
  operation?: AdmissionOperation;
  subresource?: string;
  user?: string;
  groups?: string[];
  /** What is there, by `resource namespace/name`. */
  world?: {[key: string]: object};
}

export interface Reply {
  /** Of the refusal, if it was refused. */
  message: string | undefined;
  warnings: string[];
  object: KubeObject;
}

/** Runs one plugin over one request in namespace `n`; a plugin that does not handle it lets it through. */
export async function ask(plugin: AdmissionPlugin, question: Question): Promise<Reply> {
  const [name = '', group = ''] = question.resource.split(/\.(.*)/s);
  const object = structuredClone(question.object) as KubeObject;
  const warnings: string[] = [];
  const request: AdmissionRequest = {
    operation: question.operation ?? (question.old ? 'UPDATE' : 'CREATE'),
    resource: {group, resource: name, version: 'v1', kind: ''} as Resource,
    subresource: question.subresource ?? '',
    kind: {group, version: 'v1', kind: ''},
    namespace: 'n',
    name: object?.metadata?.name ?? 'x',
    object,
    old: question.old as KubeObject | undefined,
    options: {},
    dryRun: false,
    identity: {name: question.user ?? 'alice', groups: question.groups ?? []},
    warn: message => void warnings.push(message),
    audit: () => {},
  };
  let message: string | undefined;
  try {
    const chain = chainOf([plugin], lookupOf(question.world ?? {}));
    await chain.admit(request);
    await chain.validate(request);
  } catch (error) {
    if (!isApiError(error)) throw error;
    message = error.message;
  }
  return {message, warnings, object};
}

function lookupOf(world: {[key: string]: object}): AdmissionLookup {
  const full = (group: string, resource: string) => (group === '' ? resource : `${resource}.${group}`);
  const lookup: Partial<AdmissionLookup> = {
    authorizer: () => ({allowed: false, reason: ''}),
    get: (group, resource, namespace, name) =>
      world[`${full(group, resource)} ${namespace === '' ? name : `${namespace}/${name}`}`] as KubeObject | undefined,
    list: (group, resource, namespace) =>
      Object.entries(world)
        .filter(([key]) => key.startsWith(`${full(group, resource)} ${namespace === undefined ? '' : `${namespace}/`}`))
        .map(([, object]) => object as KubeObject),
  };
  return lookup as AdmissionLookup;
}

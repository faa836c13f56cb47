import type {ObjectRef} from '../access/service-account-tokens.ts';
import type {FieldError} from '../api/field.ts';
import {invalid, invalidObject} from '../api/field.ts';
import type {BoundObjectReference, Pod, TokenRequest} from '../api/kinds.generated.ts';
import type {KubeObject} from '../api/object.ts';
import {formatGroupVersion, parseGroupVersion} from '../api/object.ts';
import {badRequest, conflict, notFound} from '../api/status.ts';
import {formatTime} from '../api/time.ts';
import {decodeBodyAs} from '../request/body.ts';
import {managerName} from '../request/manager.ts';
import {writeQuery} from '../request/options.ts';
import type {ApiResponse, RequestContext} from '../request/request.ts';
import type {Resource} from '../resources/resource.ts';
import type {Environment} from '../verbs/environment.ts';
import {existing} from '../verbs/get.ts';
import {subresourceRequest} from './admission.ts';

const KIND = {group: 'authentication.k8s.io', version: 'v1', kind: 'TokenRequest'};
const HOUR = 3600;
/** Who asks for this many seconds is an admission plugin, whose tokens live longer so that nothing breaks that does not renew them. */
const PROJECTED = 3607;
const YEAR = 365 * 24 * HOUR;

/** POST of a TokenRequest to a service account (pkg/registry/core/serviceaccount/storage/token.go). */
export async function requestToken(environment: Environment, context: RequestContext, accounts: Resource): Promise<ApiResponse> {
  const query = writeQuery(context.request.query, 'CreateOptions');
  const object = await decodeBodyAs(environment, context, KIND, query.fieldValidation);
  const asked = object as unknown as TokenRequest;
  const {name, namespace} = context.info;
  const now = environment.clock.now();
  asked.spec = {...asked.spec, expirationSeconds: asked.spec?.expirationSeconds ?? HOUR};
  object.metadata.managedFields = await environment.fieldManager.update({
    live: undefined,
    object,
    resource: managed(environment, accounts),
    manager: managerName(context, query),
    subresource: context.info.subresource,
    time: formatTime(now),
  });
  const request = subresourceRequest(context, accounts, KIND, {object, query});
  await environment.admission.admit(request);
  checkNames(asked, name, namespace);
  const account = existing(environment, accounts, namespace, name).object;
  if (!asked.spec.audiences?.length) asked.spec.audiences = [...environment.tokens.audiences];
  Object.assign(asked.metadata, {name, namespace, uid: environment.random.uuid(), creationTimestamp: formatTime(now)});
  const errors = validate(asked);
  if (errors.length > 0) throw invalidObject(KIND, '', errors);
  await environment.admission.validate(request);
  const bound = boundObjects(environment, asked.spec.boundObjectRef ?? undefined, name, namespace);
  const seconds = asked.spec.expirationSeconds!;
  const extended = bound.pod !== undefined && seconds === PROJECTED && isOwnAudience(environment, asked.spec.audiences);
  const token = await environment.accountTokens.issue({
    namespace,
    account: {name, uid: account.metadata.uid!},
    audiences: asked.spec.audiences,
    lifetime: extended ? YEAR : seconds,
    ...(extended && {warnAfter: seconds}),
    ...bound,
  });
  const {audiences, expirationSeconds, boundObjectRef = null} = asked.spec;
  const answer = {
    kind: KIND.kind,
    apiVersion: formatGroupVersion(KIND),
    metadata: asked.metadata,
    spec: {audiences, expirationSeconds, boundObjectRef},
    status: {token, expirationTimestamp: formatTime(now + seconds * 1000)},
  };
  return {status: 201, headers: {}, body: {type: 'object', object: answer as unknown as KubeObject}};
}

/** Fields of the request have owners, not those of the account. */
const managed = ({schemas}: Environment, accounts: Resource): Resource => ({
  ...accounts,
  ...KIND,
  schema: schemas.forKind(KIND)!,
  view: {hub: KIND, toHub: object => object, fromHub: object => object},
});

function checkNames({metadata}: TokenRequest, name: string, namespace: string): void {
  const refuse = (field: 'name' | 'namespace') => {
    const error = invalid(`metadata.${field}`, metadata[field]!, `must match the service account ${field} if specified`);
    return invalidObject(KIND, name, [error]);
  };
  if (metadata.name && metadata.name !== name) throw refuse('name');
  if (metadata.namespace && metadata.namespace !== namespace) throw refuse('namespace');
}

function validate({spec}: TokenRequest): FieldError[] {
  const seconds = spec.expirationSeconds!;
  const refuse = (why: string) => [invalid('spec.expirationSeconds', seconds, why)];
  if (seconds < 600) return refuse('may not specify a duration less than 10 minutes');
  return seconds > 2 ** 32 ? refuse('may not specify a duration larger than 2^32 seconds') : [];
}

const isOwnAudience = ({tokens}: Environment, audiences: readonly string[]): boolean =>
  audiences.every(audience => tokens.audiences.includes(audience));

interface Bound {
  pod?: ObjectRef;
  node?: ObjectRef;
  secret?: ObjectRef;
}

function boundObjects(environment: Environment, ref: BoundObjectReference | undefined, account: string, namespace: string): Bound {
  if (ref === undefined) return {};
  const {kind = '', name = '', apiVersion = '', uid} = ref;
  const {group, version} = parseGroupVersion(apiVersion) ?? {group: '', version: apiVersion};
  const resource = group === '' ? BINDABLE[kind] : undefined;
  if (resource === undefined) throw badRequest(`cannot bind token to object of type ${group}/${version}, Kind=${kind}`);
  const found = environment.lookup('', resource, resource === 'nodes' ? '' : namespace, name);
  if (found === undefined) throw notFound({group: '', resource}, name);
  const {serviceAccountName, nodeName} = (found as unknown as Pod).spec ?? {};
  if (kind === 'Pod' && serviceAccountName !== account) {
    throw badRequest(`cannot bind token for serviceaccount ${JSON.stringify(account)} to pod running with different serviceaccount name.`);
  }
  if (uid && uid !== found.metadata.uid) {
    throw conflict(
      {group: '', resource: kind},
      name,
      `the UID in the bound object reference (${uid}) does not match the UID in record. The object might have been deleted and then recreated`,
    );
  }
  const bound = {name, uid: found.metadata.uid!};
  if (kind !== 'Pod') return kind === 'Node' ? {node: bound} : {secret: bound};
  if (!nodeName) return {pod: bound};
  return {pod: bound, node: {name: nodeName, uid: environment.lookup('', 'nodes', '', nodeName)?.metadata.uid ?? ''}};
}

const BINDABLE: {readonly [kind: string]: string} = {Pod: 'pods', Node: 'nodes', Secret: 'secrets'};

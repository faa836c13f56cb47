import {accessAttributes} from '../access/review-attributes.ts';
import type {TokenAuthenticator} from '../access/tokens.ts';
import type {Identity} from '../api/client.ts';
import {invalidObject} from '../api/field.ts';
import type {JsonObject} from '../api/json.ts';
import type {SelfSubjectRulesReview, SubjectAccessReview, SubjectAccessReviewSpec, TokenReview} from '../api/kinds.generated.ts';
import type {KubeObject} from '../api/object.ts';
import {badRequest} from '../api/status.ts';
import {formatTime} from '../api/time.ts';
import {decodeBody} from '../request/body.ts';
import {managerName} from '../request/manager.ts';
import {writeQuery} from '../request/options.ts';
import type {ApiResponse, RequestContext} from '../request/request.ts';
import type {Resource} from '../resources/resource.ts';
import type {Environment} from '../verbs/environment.ts';
import {ensureNamespace, wipeSystemMetadata} from '../verbs/metadata.ts';
import {strategyContext} from '../verbs/strategy-context.ts';

/** POST of a review: a question that is answered in its status and not stored. */
export async function review(environment: Environment, context: RequestContext, resource: Resource): Promise<ApiResponse> {
  const query = writeQuery(context.request.query, 'CreateOptions');
  const object = await decodeBody(environment, context, resource, query.fieldValidation);
  const {fieldManager, clock} = environment;
  wipeSystemMetadata(object.metadata);
  delete object.metadata.creationTimestamp;
  delete object.metadata.uid;
  ensureNamespace(resource, object.metadata, context.info.namespace);
  object.metadata.managedFields = await fieldManager.update({
    live: undefined,
    object,
    resource,
    manager: managerName(context, query),
    subresource: '',
    time: formatTime(clock.now()),
  });
  const errors = resource.strategy.validate?.(object, strategyContext(environment, context, query.dryRun)) ?? [];
  // The real server does not name the kind here.
  if (errors.length > 0) throw invalidObject({group: resource.group, kind: ''}, '', errors);
  const answer = ANSWERS[resource.kind]!;
  return {status: 201, headers: {}, body: {type: 'object', object: await answer(environment, context, object)}};
}

type Answer = (environment: Environment, context: RequestContext, object: KubeObject) => JsonObject | Promise<JsonObject>;

const ANSWERS: {readonly [kind: string]: Answer} = {
  SelfSubjectReview: ({clock}, {identity}, {kind, apiVersion}) => ({
    kind: kind!,
    apiVersion: apiVersion!,
    metadata: {creationTimestamp: formatTime(clock.now())},
    status: {userInfo: userInfo(identity)},
  }),
  SelfSubjectAccessReview: (environment, {identity}, object) => withDecision(environment, object, identity),
  SubjectAccessReview: (environment, _context, object) => withDecision(environment, object, reviewedIdentity(object)),
  LocalSubjectAccessReview: (environment, _context, object) => withDecision(environment, object, reviewedIdentity(object)),
  SelfSubjectRulesReview: (environment, {identity}, object) => {
    const {namespace} = (object as unknown as SelfSubjectRulesReview).spec;
    if (!namespace) throw badRequest('no namespace on request');
    // The question is not repeated.
    return {...object, spec: {}, status: environment.rulesOf(identity, namespace)};
  },
  TokenReview: async ({tokens}, _context, object) => ({...object, status: await tokenStatus(tokens, object as unknown as TokenReview)}),
};

/** TokenReviewStatus. */
async function tokenStatus(tokens: TokenAuthenticator, {spec}: TokenReview): Promise<JsonObject> {
  if (!spec.token) throw badRequest('token is required for TokenReview in authentication');
  const result = await tokens.authenticate(spec.token, spec.audiences?.length ? spec.audiences : undefined);
  if ('error' in result) return {user: {}, error: result.error};
  const {identity, audiences} = result;
  return {
    authenticated: true,
    user: userInfo(identity),
    audiences: [...audiences],
  };
}

async function withDecision({authorizer}: Environment, object: KubeObject, identity: Identity): Promise<JsonObject> {
  const {attributes, errors} = accessAttributes(object.spec as SubjectAccessReviewSpec, identity);
  const {allowed, denied, reason, error} = await authorizer(attributes);
  const evaluationError = [...(error === undefined ? [] : [error]), ...errors].join('; ');
  return {
    ...object,
    status: {allowed, ...(denied && {denied}), ...(reason !== '' && {reason}), ...(evaluationError !== '' && {evaluationError})},
  };
}

function reviewedIdentity(object: KubeObject): Identity {
  const {user = '', groups = [], uid, extra} = (object as unknown as SubjectAccessReview).spec;
  return {name: user, groups, ...(uid && {uid}), ...(extra && {extra})};
}

/** authentication/v1 UserInfo. */
export const userInfo = ({name, uid, groups, extra}: Identity): JsonObject => ({
  username: name,
  ...(uid && {uid}),
  ...(groups.length > 0 && {groups}),
  ...(extra && Object.keys(extra).length > 0 && {extra}),
});

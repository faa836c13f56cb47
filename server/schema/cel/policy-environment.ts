import {readType} from './declarations.ts';
import type {Compiled, Environment} from './environment.ts';
import {baseEnvironment, compile} from './environment.ts';
import {AUTHORIZER_TYPE} from './library/authorization.ts';
import {patchLibrary} from './library/patches.ts';
import type {CelType} from './types.ts';
import {BOOL, DYN, formatType, listOf, objectType, STRING, sameType} from './types.ts';

/** What expressions of admission may use beside `object`, `oldObject` and `request`. */
export interface PolicyScope {
  /** Whether there are any, or of what type they are. */
  readonly params?: boolean | CelType | undefined;
  /** `itself`: but not the check of the request's own resource that it usually comes with. */
  readonly authorizer?: boolean | 'itself';
  /** Makes patches: `Object{…}` and `JSONPatch{…}` can be written. */
  readonly patches?: boolean;
  /** Types of the variables declared so far; undefined: there are none, and no `variables`. */
  readonly variables?: ReadonlyMap<string, CelType>;
  /** The type of object and oldObject, where it is known; default: anything. */
  readonly object?: CelType;
}

const fields = (declared: {readonly [name: string]: string | CelType}): ReadonlyMap<string, CelType> =>
  new Map(Object.entries(declared).map(([name, type]) => [name, typeof type === 'string' ? readType(type) : type]));

const named = (name: string, declared: {readonly [name: string]: string | CelType}): CelType =>
  objectType(`kubernetes.${name}`, fields(declared));

const KIND = named('GroupVersionKind', {group: 'string', version: 'string', kind: 'string'});
const RESOURCE = named('GroupVersionResource', {group: 'string', version: 'string', resource: 'string'});
const REQUEST = named('AdmissionRequest', {
  kind: KIND,
  resource: RESOURCE,
  subResource: 'string',
  requestKind: KIND,
  requestResource: RESOURCE,
  requestSubResource: 'string',
  name: 'string',
  namespace: 'string',
  operation: 'string',
  userInfo: named('UserInfo', {username: 'string', uid: 'string', groups: 'list(string)', extra: 'map(string, list(string))'}),
  dryRun: 'bool',
  options: 'dyn',
});
const NAMESPACE_CONDITION = named('NamespaceCondition', {
  status: 'string',
  type: 'string',
  lastTransitionTime: 'timestamp',
  message: 'string',
  reason: 'string',
});
/** As it is declared; what is there is as JSON has it: `uid` and times are not to be had. */
const NAMESPACE = named('Namespace', {
  metadata: named('NamespaceMetadata', {
    name: 'string',
    generateName: 'string',
    namespace: 'string',
    labels: 'map(string, string)',
    annotations: 'map(string, string)',
    UID: 'string',
    creationTimestamp: 'timestamp',
    deletionGracePeriodSeconds: 'int',
    deletionTimestamp: 'timestamp',
    generation: 'int',
    resourceVersion: 'string',
    finalizers: 'list(string)',
  }),
  spec: named('NamespaceSpec', {finalizers: 'list(string)'}),
  status: named('NamespaceStatus', {conditions: listOf(NAMESPACE_CONDITION), phase: 'string'}),
});
const RESOURCE_CHECK = objectType('kubernetes.authorization.ResourceCheck');
const JSON_PATCH = objectType('JSONPatch', fields({op: 'string', path: 'string', from: 'string', value: 'dyn'}));

export const OBJECT_PATCH = objectType('Object');
export const JSON_PATCHES = listOf(JSON_PATCH);

const PATCHING: Environment = {...baseEnvironment(), functions: patchLibrary(baseEnvironment().functions), struct: patchType};

/** Objects of a patch are named by their place: `Object.spec.template`; their fields may hold anything. */
function patchType(name: string) {
  if (name === 'JSONPatch') return {type: JSON_PATCH, field: (field: string) => JSON_PATCH.fields!.get(field)};
  return /^Object(\.\w+)*$/.test(name) ? {type: objectType(name), field: () => DYN} : undefined;
}

/** The environment of one expression of admission (k8s.io/apiserver/pkg/admission/plugin/cel). */
export function policyEnvironment({params, authorizer, patches, variables, object = DYN}: PolicyScope): Environment {
  const declared = new Map<string, CelType>([
    ['object', object],
    ['oldObject', object],
    ['request', REQUEST],
    ['namespaceObject', NAMESPACE],
  ]);
  if (params) declared.set('params', params === true ? DYN : params);
  if (authorizer) declared.set('authorizer', AUTHORIZER_TYPE);
  if (authorizer === true) declared.set('authorizer.requestResource', RESOURCE_CHECK);
  if (variables) declared.set('variables', objectType('kubernetes.variables', variables));
  return {...(patches ? PATCHING : baseEnvironment()), variables: declared};
}

/** What an expression may yield, by its use. */
export const RESULTS = {
  validation: [BOOL],
  message: [STRING],
  annotation: [STRING, {kind: 'null', name: 'null_type', params: []}],
  apply: [OBJECT_PATCH],
  jsonPatch: [JSON_PATCHES],
} as const satisfies {readonly [use: string]: readonly CelType[]};

/** Compiles an expression whose result must be of one of these types; none: of any. */
export function compileExpected(environment: Environment, source: string, results: readonly CelType[]): Compiled {
  const compiled = compile(environment, source);
  if ('error' in compiled || results.length === 0) return compiled;
  const {type} = compiled.checked;
  if (results.some(wanted => sameType(wanted, type))) return compiled;
  const wanted = results.map(typeText);
  return {error: `must evaluate to ${wanted.length === 1 ? wanted[0] : `one of [${wanted.join(' ')}]`} but got ${typeText(type)}`};
}

const typeText = (type: CelType): string => (type.kind === 'null' ? 'null_type' : formatType(type));

import type {Functions} from '../declarations.ts';
import {declare} from '../declarations.ts';
import {objectType} from '../types.ts';
import type {Opaque, Value} from '../values.ts';
import {opaque} from '../values.ts';

const named = (name: string) => objectType(`kubernetes.authorization.${name}`);
export const AUTHORIZER_TYPE = named('Authorizer');

/** What an expression wants to know: a path, or a resource. */
export interface AuthorizationQuery {
  readonly serviceAccount?: {readonly namespace: string; readonly name: string};
  readonly path?: string;
  readonly group?: string;
  readonly resource?: string;
  readonly subresource?: string;
  readonly namespace?: string;
  readonly name?: string;
  readonly fieldSelector?: string;
  readonly labelSelector?: string;
  readonly verb?: string;
}

export interface AuthorizationDecision {
  readonly allowed: boolean;
  readonly reason: string;
  readonly error?: string;
}

/** The value of the variable `authorizer`; `decide` answers for the user it is about, or for a service account. */
export function authorizerValue(decide: (query: AuthorizationQuery) => AuthorizationDecision): Value {
  return step('Authorizer', {decide, query: {}});
}

interface Pending {
  readonly decide: (query: AuthorizationQuery) => AuthorizationDecision;
  readonly query: AuthorizationQuery;
}

type Holder = Opaque & {value: Pending};

const step = (type: string, value: Pending): Opaque => opaque(`kubernetes.authorization.${type}`, value, other => other === value);

/** Questions to the authorizer (k8s.io/apiserver/pkg/cel/library/authz.go). */
export function authorizationLibrary(functions: Functions): void {
  const types = Object.fromEntries(['Authorizer', 'PathCheck', 'GroupCheck', 'ResourceCheck', 'Decision'].map(name => [name, named(name)]));
  const add = declare(functions, types);
  const narrow = (type: string, field: keyof AuthorizationQuery) => (from: Holder, text: string) =>
    step(type, {...from.value, query: {...from.value.query, [field]: text}});
  add('path', 'authorizer_path', 'Authorizer.(string) -> PathCheck', narrow('PathCheck', 'path'));
  add('group', 'authorizer_group', 'Authorizer.(string) -> GroupCheck', narrow('GroupCheck', 'group'));
  add(
    'serviceAccount',
    'authorizer_serviceaccount',
    'Authorizer.(string, string) -> Authorizer',
    (from: Holder, namespace: string, name: string) =>
      step('Authorizer', {...from.value, query: {...from.value.query, serviceAccount: {namespace, name}}}),
  );
  add('resource', 'groupcheck_resource', 'GroupCheck.(string) -> ResourceCheck', narrow('ResourceCheck', 'resource'));
  for (const field of ['subresource', 'namespace', 'name'] as const) {
    add(field, `resourcecheck_${field}`, 'ResourceCheck.(string) -> ResourceCheck', narrow('ResourceCheck', field));
  }
  for (const field of ['fieldSelector', 'labelSelector'] as const) {
    add(field, `authorizer_${field.toLowerCase()}`, 'ResourceCheck.(string) -> ResourceCheck', narrow('ResourceCheck', field));
  }
  const ask = ({value}: Holder, verb: string): Value => {
    const decision = value.decide({...value.query, verb});
    return opaque('kubernetes.authorization.Decision', decision, other => other === decision);
  };
  add('check', 'pathcheck_check', 'PathCheck.(string) -> Decision', ask);
  add('check', 'resourcecheck_check', 'ResourceCheck.(string) -> Decision', ask);
  type Decided = Opaque & {value: AuthorizationDecision};
  add('errored', 'decision_errored', 'Decision.() -> bool', ({value}: Decided) => value.error !== undefined);
  add('error', 'decision_error', 'Decision.() -> string', ({value}: Decided) => value.error ?? '');
  add('allowed', 'decision_allowed', 'Decision.() -> bool', ({value}: Decided) => value.allowed);
  add('reason', 'decision_reason', 'Decision.() -> string', ({value}: Decided) => value.reason);
}

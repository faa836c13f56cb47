import type {ExpressionWarning, ValidatingAdmissionPolicy} from '../server/api/kinds.generated.ts';
import type {GroupVersionKind} from '../server/api/object.ts';
import {formatGroupVersion, parseGroupVersion} from '../server/api/object.ts';
import {checkExpression} from '../server/schema/cel/environment.ts';
import {policyEnvironment} from '../server/schema/cel/policy-environment.ts';
import type {CelType} from '../server/schema/cel/types.ts';
import {DYN} from '../server/schema/cel/types.ts';
import type {DiscoveredResource} from './support/discovery.ts';

// k8s.io/apiserver/pkg/admission/plugin/policy/validating/typechecking.go: no more kinds than these are looked at.
const MOST_KINDS = 10;

/** A kind that a policy looks at, and the type of its objects where that is known. */
export interface TypedKind {
  readonly kind: GroupVersionKind;
  readonly type: CelType | undefined;
}

/** The kinds that the policy's rules name, by group, version and kind; rules with wildcards name none. */
export function kindsToCheck({spec}: ValidatingAdmissionPolicy, served: readonly DiscoveredResource[]): GroupVersionKind[] {
  const kinds = new Map<string, GroupVersionKind>();
  for (const {apiGroups = [], apiVersions = [], resources = []} of spec?.matchConstraints?.resourceRules ?? []) {
    if ([...apiGroups, ...apiVersions].some(name => name.includes('*'))) continue;
    const wanted = [...resources].filter(name => !/[*/]/.test(name)).sort();
    let count = 0;
    for (const group of [...apiGroups].sort())
      for (const version of [...apiVersions].sort())
        for (const resource of wanted)
          for (const {kind, ...found} of kindsFor(served, group, version, resource)) {
            const own = {group: found.group, version: found.version, kind};
            kinds.set(formatKind(own), own);
            if (++count === MOST_KINDS) return sorted([...kinds.values()]);
          }
  }
  return sorted([...kinds.values()]);
}

/** As a RESTMapper finds them: the core group's name is no name, and stands for any. */
const kindsFor = (served: readonly DiscoveredResource[], group: string, version: string, resource: string): DiscoveredResource[] =>
  served.filter(
    each =>
      each.version === version && (group === '' || each.group === group) && (each.resource === resource || each.singular === resource),
  );

const sorted = (kinds: GroupVersionKind[]): GroupVersionKind[] =>
  kinds.sort((a, b) => compare(a.group, b.group) || compare(a.version, b.version) || compare(a.kind, b.kind));

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** Go's text for a GroupVersionKind. */
const formatKind = ({group, version, kind}: GroupVersionKind): string => `${group}/${version}, Kind=${kind}`;

/** The kind of a policy's parameters. */
export function paramKind({spec}: ValidatingAdmissionPolicy): GroupVersionKind | undefined {
  const {apiVersion = '', kind = ''} = spec?.paramKind ?? {};
  const groupVersion = parseGroupVersion(apiVersion);
  return spec?.paramKind && groupVersion && {...groupVersion, kind};
}

/** What is wrong with the policy's expressions for objects of these kinds. */
export function expressionWarnings(
  {spec}: ValidatingAdmissionPolicy,
  kinds: readonly TypedKind[],
  params: TypedKind | undefined,
): ExpressionWarning[] {
  const environments = kinds.flatMap(({kind, type}) => (type ? [{kind, environment: environmentOf(spec, type, params)}] : []));
  const warnings: ExpressionWarning[] = [];
  const check = (fieldRef: string, expression: string): void => {
    const found = environments.flatMap(({kind, environment}) => {
      const result = checkExpression(environment, expression);
      return 'error' in result ? [`${formatKind(kind)}: ${result.error}\n`] : [];
    });
    if (found.length > 0) warnings.push({fieldRef, warning: found.join('\n')});
  };
  for (const [i, {expression, messageExpression}] of (spec?.validations ?? []).entries()) {
    check(`spec.validations[${i}].expression`, expression);
    if (messageExpression) check(`spec.validations[${i}].messageExpression`, messageExpression);
  }
  return warnings;
}

function environmentOf(spec: ValidatingAdmissionPolicy['spec'], object: CelType, params: TypedKind | undefined) {
  const variables = new Map<string, CelType>();
  const environment = () => policyEnvironment({object, params: params && (params.type ?? DYN), authorizer: 'itself', variables});
  for (const {name, expression} of spec?.variables ?? []) {
    const result = checkExpression(environment(), expression);
    variables.set(name, 'error' in result ? DYN : result.checked.type);
  }
  return environment();
}

/** Where the OpenAPI document of a group-version is. */
export const documentPath = (groupVersion: {group: string; version: string}): string =>
  `/openapi/v3/${groupVersion.group === '' ? 'api' : 'apis'}/${formatGroupVersion(groupVersion)}`;

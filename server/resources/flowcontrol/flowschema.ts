import type {FieldError, FieldPath} from '../../api/field.ts';
import {at, child, forbiddenField, invalid, notSupported, required} from '../../api/field.ts';
import type {
  FlowDistinguisherMethod,
  FlowSchema,
  FlowSchemaSpec,
  NonResourcePolicyRule,
  PolicyRulesWithSubjects,
  ResourcePolicyRule,
  ServiceAccountSubject,
  Subject,
} from '../../api/kinds.generated.ts';
import {isDNS1123Label, isDNS1123Subdomain} from '../../api/names.ts';
import type {KubeObject} from '../../api/object.ts';
import {internal, struct} from '../internal.ts';
import type {Strategy} from '../resource.ts';
import {collect, each, named, requiredName} from '../rules.ts';
import {validateTypes} from './conditions.ts';
import {validateMandatoryFlowSchema} from './mandatory.ts';

const DEFAULT_PRECEDENCE = 1000;
const MAX_PRECEDENCE = 10000;

/** Upstream: pkg/apis/flowcontrol/v1/defaults.go, pkg/apis/flowcontrol/validation, pkg/registry/flowcontrol/flowschema. */
export const flowSchema: Strategy = {
  defaults(object) {
    const {spec} = object as FlowSchema;
    if (spec) spec.matchingPrecedence ||= DEFAULT_PRECEDENCE;
  },
  metadataOnUpdate: 'create',
  validate,
  validateUpdate: validate,
  subresources: {status: {validateUpdate: object => validateTypes((object as FlowSchema).status?.conditions, 'status.conditions')}},
  statusMetadata: 'none',
};

const specOf = (object: FlowSchema): FlowSchemaSpec => object.spec ?? ({} as FlowSchemaSpec);

function validate(object: KubeObject): FieldError[] {
  const [spec, name] = [specOf(object as FlowSchema), object.metadata.name ?? ''];
  return [...validateSpec(spec, name, 'spec'), ...validateMandatoryFlowSchema(spec, name)];
}

function validateSpec(spec: FlowSchemaSpec, name: string, path: FieldPath): FieldError[] {
  const precedence = spec.matchingPrecedence ?? 0;
  const ofPrecedence = child(path, 'matchingPrecedence');
  return collect(
    precedence <= 0 && invalid(ofPrecedence, precedence, 'must be a positive value'),
    precedence > MAX_PRECEDENCE && invalid(ofPrecedence, precedence, `must not be greater than ${MAX_PRECEDENCE}`),
    precedence === 1 &&
      name !== 'exempt' &&
      invalid(ofPrecedence, precedence, "only the schema named 'exempt' may have matchingPrecedence 1"),
    spec.distinguisherMethod && validateMethod(spec.distinguisherMethod, child(path, 'distinguisherMethod', 'type')),
    requiredName(
      spec.priorityLevelConfiguration?.name,
      child(path, 'priorityLevelConfiguration', 'name'),
      isDNS1123Subdomain,
      'must reference a priority level',
    ),
    each(spec.rules, child(path, 'rules'), validateRules),
  );
}

const validateMethod = (method: FlowDistinguisherMethod, path: FieldPath): FieldError[] =>
  method.type === 'ByNamespace' || method.type === 'ByUser'
    ? []
    : [notSupported(path, internal(method, struct({type: ''})), ['ByNamespace', 'ByUser'])];

const validateRules = ({subjects, resourceRules, nonResourceRules}: PolicyRulesWithSubjects, path: FieldPath): FieldError[] =>
  collect(
    (subjects ?? []).length === 0 && required(child(path, 'subjects'), 'subjects must contain at least one value'),
    each(subjects, child(path, 'subjects'), validateSubject),
    (resourceRules ?? []).length + (nonResourceRules ?? []).length === 0 &&
      required(path, 'at least one of resourceRules and nonResourceRules has to be non-empty'),
    each(resourceRules, child(path, 'resourceRules'), validateResourceRule),
    each(nonResourceRules, child(path, 'nonResourceRules'), validateNonResourceRule),
  );

const SUBJECTS = {Group: 'group', ServiceAccount: 'serviceAccount', User: 'user'} as const;

/** The field named after the subject's kind is there, and no other. */
function validateSubject(subject: Subject, path: FieldPath): FieldError[] {
  const kind = subject.kind as keyof typeof SUBJECTS;
  if (!Object.hasOwn(SUBJECTS, kind)) return [notSupported(child(path, 'kind'), subject.kind ?? '', Object.keys(SUBJECTS))];
  const field = SUBJECTS[kind];
  const others = Object.entries(SUBJECTS).filter(([other, name]) => other !== kind && subject[name] !== undefined);
  return collect(
    subject[field] === undefined
      ? required(child(path, field), `${field} is required when subject kind is '${kind}'`)
      : kind === 'ServiceAccount'
        ? validateServiceAccount(subject.serviceAccount!, child(path, field))
        : !subject[field].name && required(child(path, field, 'name')),
    others.map(([other, name]) => forbiddenField(child(path, name), `${name} is forbidden when subject kind is not '${other}'`)),
  );
}

const validateServiceAccount = ({name, namespace}: ServiceAccountSubject, path: FieldPath): FieldError[] =>
  collect(
    name !== '*' && requiredName(name, child(path, 'name'), isDNS1123Subdomain),
    requiredName(namespace, child(path, 'namespace'), isDNS1123Label, 'must specify namespace for service account'),
  );

const VERBS = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'proxy', 'update', 'watch'];

/** A list that names something; `*` stands alone. */
function validateWildcards(list: readonly string[] | undefined, path: FieldPath, missing: string, others: string): FieldError[] {
  const values = list ?? [];
  if (values.length === 0) return [required(path, missing)];
  return values.length > 1 && values.includes('*')
    ? [invalid(path, [...values], `if '*' is present, must not specify other ${others}`)]
    : [];
}

function validateVerbs(verbs: readonly string[] | undefined, path: FieldPath): FieldError[] {
  const bad = validateWildcards(verbs, path, 'verbs must contain at least one value', 'verbs');
  if (bad.length > 0 || verbs!.includes('*') || verbs!.every(verb => VERBS.includes(verb))) return bad;
  return [notSupported(path, [...verbs!], VERBS)];
}

const validateResourceRule = (rule: ResourcePolicyRule, path: FieldPath): FieldError[] =>
  collect(
    validateVerbs(rule.verbs, child(path, 'verbs')),
    validateWildcards(rule.apiGroups, child(path, 'apiGroups'), 'resource rules must supply at least one api group', 'api groups'),
    validateWildcards(rule.resources, child(path, 'resources'), 'resource rules must supply at least one resource', 'resources'),
    validateNamespaces(rule, child(path, 'namespaces')),
  );

function validateNamespaces({namespaces: list, clusterScope}: ResourcePolicyRule, path: FieldPath): FieldError[] {
  const namespaces = list ?? [];
  if (namespaces.length === 0) {
    return clusterScope ? [] : [required(path, 'resource rules that are not cluster scoped must supply at least one namespace')];
  }
  if (namespaces.includes('*')) return validateWildcards(namespaces, path, '', 'namespaces');
  return namespaces.flatMap((namespace, i) =>
    isDNS1123Label(namespace).map(message =>
      invalid(at(path, i), namespace, `each member of this list must be '*' or a DNS-1123 label; ${message}`),
    ),
  );
}

function validateNonResourceRule({verbs, nonResourceURLs}: NonResourcePolicyRule, path: FieldPath): FieldError[] {
  const urls = child(path, 'nonResourceURLs');
  return collect(
    validateVerbs(verbs, child(path, 'verbs')),
    validateWildcards(nonResourceURLs, urls, 'nonResourceURLs must contain at least one value', 'non-resource URLs'),
    !nonResourceURLs?.includes('*') && each(nonResourceURLs, urls, (url, here) => named(url, here, urlErrors)),
  );
}

/** What is wrong with a path that requests are matched with: the first thing found. */
function urlErrors(url: string): string[] {
  if (url === '') return ['must not be empty'];
  if (url === '/') return [];
  if (!url.startsWith('/')) return ['must start with slash'];
  if (url.includes(' ')) return ['must not contain white-space'];
  if (url.includes('//')) return ['must not contain double slash'];
  const star = url.indexOf('*');
  if (star >= 0 && star !== url.length - 1) return ['wildcard can only do suffix matching'];
  return star >= 0 && !url.endsWith('/*') ? ['wildcard can only do suffix matching'] : [];
}

import type {FieldError, FieldPath} from '../../api/field.ts';
import {invalid, required} from '../../api/field.ts';
import type {APIService, APIServiceSpec} from '../../api/kinds.generated.ts';
import {isDNS1035Label, isDNS1123Subdomain, isPathSegmentName, isPortNumber} from '../../api/names.ts';
import type {KubeObject} from '../../api/object.ts';
import {formatTime} from '../../api/time.ts';
import type {Strategy} from '../resource.ts';
import {collect, each, named, oneOf} from '../rules.ts';

const MAX_GROUP_PRIORITY = 20000;
const MAX_VERSION_PRIORITY = 1000;

/** Upstream: k8s.io/kube-aggregator/pkg/apis/apiregistration. */
export const apiService: Strategy = {
  defaults(object) {
    const service = (object as APIService).spec?.service;
    if (service) service.port ??= 443;
  },
  prepareForCreate(object, {clock}) {
    const service = (object as APIService).spec?.service;
    object.status = service ? {} : {conditions: [localCondition(formatTime(clock.now()))]};
  },
  validateName: () => [],
  plainFinalizers: true,
  validate,
  validateUpdate: validate,
  subresources: {
    status: {
      validateUpdate: object =>
        each((object as APIService).status?.conditions, 'status.conditions', ({status}, path) =>
          oneOf(status, `${path}.status`, ['True', 'False', 'Unknown']),
        ),
    },
  },
  generation: 'none',
  statusMetadata: 'none',
  allowUnconditionalUpdate: false,
};

/** What this server answers itself is there. */
const localCondition = (lastTransitionTime: string) => ({
  type: 'Available',
  status: 'True',
  lastTransitionTime,
  reason: 'Local',
  message: 'Local APIServices are always available',
});

function validate(object: KubeObject): FieldError[] {
  const name = object.metadata.name ?? '';
  const spec: Partial<APIServiceSpec> = (object as APIService).spec ?? {};
  const {group = '', version = '', groupPriorityMinimum = 0, versionPriority = 0, service, caBundle, insecureSkipTLSVerify} = spec;
  const expected = `${version}.${group}`;
  return collect(
    validateName(object.metadata.generateName, expected, 'metadata.generateName'),
    validateName(name, expected, 'metadata.name'),
    group === '' && version !== 'v1' && required('spec.group', 'only v1 may have an empty group and it better be legacy kube'),
    group !== '' && named(group, 'spec.group', isDNS1123Subdomain),
    named(version, 'spec.version', isDNS1035Label),
    (groupPriorityMinimum <= 0 || groupPriorityMinimum > MAX_GROUP_PRIORITY) &&
      invalid('spec.groupPriorityMinimum', groupPriorityMinimum, `must be positive and less than ${MAX_GROUP_PRIORITY}`),
    (versionPriority <= 0 || versionPriority > MAX_VERSION_PRIORITY) &&
      invalid('spec.versionPriority', versionPriority, `must be positive and less than ${MAX_VERSION_PRIORITY}`),
    service ? validateService(spec) : validateLocal(caBundle, insecureSkipTLSVerify),
  );
}

function validateName(name: string | undefined, expected: string, path: FieldPath): FieldError[] {
  if (!name) return [];
  const unfit = named(name, path, isPathSegmentName);
  return unfit.length > 0 || name === expected
    ? unfit
    : [invalid(path, name, `must be \`spec.version+"."+spec.group\`: ${JSON.stringify(expected)}`)];
}

/** An API that this server answers itself has no one to distrust. */
const validateLocal = (caBundle: string | undefined, insecure: boolean | undefined): FieldError[] =>
  collect(
    caBundle && invalid('spec.caBundle', `${Buffer.from(caBundle, 'base64').length} bytes`, 'local APIServices may not have a caBundle'),
    insecure && invalid('spec.insecureSkipTLSVerify', insecure, 'local APIServices may not have insecureSkipTLSVerify'),
  );

const validateService = ({service, caBundle, insecureSkipTLSVerify}: Partial<APIServiceSpec>): FieldError[] =>
  collect(
    !service?.namespace && required('spec.service.namespace'),
    !service?.name && required('spec.service.name'),
    isPortNumber(service?.port ?? 0).map(message => invalid('spec.service.port', service?.port ?? 0, `port is not valid: ${message}`)),
    insecureSkipTLSVerify && caBundle && invalid('spec.insecureSkipTLSVerify', true, 'may not be true if caBundle is present'),
  );

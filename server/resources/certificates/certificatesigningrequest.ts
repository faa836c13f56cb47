import type {FieldError, FieldPath} from '../../api/field.ts';
import {child, duplicate, forbiddenField, invalid, notSupported, required} from '../../api/field.ts';
import type {
  CertificateSigningRequest,
  CertificateSigningRequestCondition,
  CertificateSigningRequestSpec,
  CertificateSigningRequestStatus,
} from '../../api/kinds.generated.ts';
import {nameIsPathSegment} from '../../api/names.ts';
import type {KubeObject} from '../../api/object.ts';
import {formatTime} from '../../api/time.ts';
import type {Strategy, StrategyContext} from '../resource.ts';
import {collect, each, orNull, requiredOneOf} from '../rules.ts';
import {certificateError, requestError} from './pem.ts';
import {validateSignerName} from './signer-name.ts';

/** Upstream: pkg/apis/certificates/{v1,validation}, pkg/registry/certificates/certificates. */
export const certificateSigningRequest: Strategy = {
  validateName: nameIsPathSegment,
  prepareForCreate(object, {identity}) {
    const {spec} = object as CertificateSigningRequest;
    const {uid, groups, extra} = identity;
    for (const field of ['username', 'uid', 'groups', 'extra'] as const) delete spec[field];
    spec.username = identity.name;
    if (uid) spec.uid = uid;
    if (groups.length > 0) spec.groups = [...groups];
    if (extra && Object.keys(extra).length > 0)
      spec.extra = Object.fromEntries(Object.entries(extra).map(([key, values]) => [key, [...values]]));
  },
  prepareForUpdate(object, old) {
    object.spec = old.spec as never;
  },
  validate: object => validateSpec((object as CertificateSigningRequest).spec, 'spec'),
  subresources: {
    status: {prepareForUpdate: prepareStatus, validateUpdate: (object, old) => validateChange(object, old, false)},
    approval: {prepareForUpdate: prepareApproval, validateUpdate: (object, old) => validateChange(object, old, true)},
  },
  resetFields: {'': ['spec', 'status'], approval: ['spec']},
  generation: 'none',
  fields: object => ({'spec.signerName': (object as CertificateSigningRequest).spec?.signerName ?? ''}),
  selectableFields: ['spec.signerName'],
  unknownField: label => `field label not supported: ${label}`,
};

const MIN_SECONDS = 600;

const USAGES = [
  'any',
  'cert sign',
  'client auth',
  'code signing',
  'content commitment',
  'crl sign',
  'data encipherment',
  'decipher only',
  'digital signature',
  'email protection',
  'encipher only',
  'ipsec end system',
  'ipsec tunnel',
  'ipsec user',
  'key agreement',
  'key encipherment',
  'microsoft sgc',
  'netscape sgc',
  'ocsp signing',
  's/mime',
  'server auth',
  'signing',
  'timestamping',
];

function validateSpec(spec: CertificateSigningRequestSpec, path: FieldPath): FieldError[] {
  const {request, usages, signerName, expirationSeconds: seconds} = spec;
  const bad = requestError(request ?? '');
  return collect(
    bad !== undefined && invalid(child(path, 'request'), orNull(request), bad),
    (usages ?? []).length === 0 && required(child(path, 'usages')),
    each(usages, child(path, 'usages'), (usage, here) => !USAGES.includes(usage) && notSupported(here, usage, USAGES)),
    each(usages, child(path, 'usages'), (usage, here, i) => usages!.indexOf(usage) < i && duplicate(here, usage)),
    signerName === 'kubernetes.io/legacy-unknown'
      ? invalid(child(path, 'signerName'), signerName, 'the legacy signerName is not allowed via this API version')
      : validateSignerName(signerName, child(path, 'signerName')),
    seconds !== undefined &&
      seconds < MIN_SECONDS &&
      invalid(child(path, 'expirationSeconds'), seconds, `may not specify a duration less than ${MIN_SECONDS} seconds (10 minutes)`),
  );
}

const statusOf = (object: KubeObject): CertificateSigningRequestStatus => (object as CertificateSigningRequest).status ?? {};

const conditionsOf = (object: KubeObject, type: string): readonly CertificateSigningRequestCondition[] =>
  (statusOf(object).conditions ?? []).filter(condition => condition.type === type);

const DECISIONS = ['Approved', 'Denied'];

/** PUT on /status keeps a decision as it was, PUT on /approval everything else. */
function prepareStatus(object: KubeObject, old: KubeObject, context: StrategyContext): void {
  const {conditions} = statusOf(object);
  for (const type of DECISIONS) {
    const kept = [...conditionsOf(old, type)];
    if (!conditions || kept.length !== conditionsOf(object, type).length) continue;
    for (const [i, condition] of conditions.entries()) if (condition.type === type) conditions[i] = kept.shift()!;
  }
  stampTransitions(object, old, context);
}

function prepareApproval(object: KubeObject, old: KubeObject, context: StrategyContext): void {
  const {conditions} = statusOf(object);
  const {conditions: _, ...rest} = statusOf(old);
  object.spec = old.spec as never;
  object.status = {...rest, ...(conditions && {conditions})} as never;
  stampTransitions(object, old, context);
}

function stampTransitions(object: KubeObject, old: KubeObject, {clock}: StrategyContext): void {
  const now = formatTime(clock.now());
  const before = statusOf(old).conditions ?? [];
  for (const condition of statusOf(object).conditions ?? []) {
    const previous = before.find(({type}) => type === condition.type);
    if (!condition.lastTransitionTime)
      condition.lastTransitionTime = (previous?.status === condition.status && previous?.lastTransitionTime) || now;
    if (!condition.lastUpdateTime) condition.lastUpdateTime = now;
  }
}

const FINAL = [...DECISIONS, 'Failed'];

function validateConditions(object: KubeObject): FieldError[] {
  const conditions = statusOf(object).conditions ?? [];
  return each(conditions, 'status.conditions', ({type, status}, path, i) => {
    const supported = FINAL.includes(type) ? ['True'] : ['False', 'True', 'Unknown'];
    const before = conditions.slice(0, i).map(condition => condition.type);
    const decided = DECISIONS.includes(type) && before.some(other => other !== type && DECISIONS.includes(other));
    return collect(
      !type && required(child(path, 'type')),
      requiredOneOf(status, child(path, 'status'), supported),
      decided && invalid('status.conditions', type, 'Approved and Denied conditions are mutually exclusive'),
      before.includes(type) && duplicate(child(path, 'type'), type),
    );
  });
}

/** Upstream: validateCertificateSigningRequestUpdate, of what a subresource lets through. */
function validateChange(object: KubeObject, old: KubeObject, decides: boolean): FieldError[] {
  const [certificate = '', before = ''] = [statusOf(object).certificate, statusOf(old).certificate];
  const changed = certificate !== before;
  const bad = changed && certificate ? certificateError(certificate) : undefined;
  const grown = (type: string): number => conditionsOf(object, type).length - conditionsOf(old, type).length;
  const refused = (what: string, types: readonly string[]): FieldError[] =>
    types.map(type => forbiddenField('status.conditions', `updates may not ${what} a condition of type ${JSON.stringify(type)}`));
  return collect(
    validateConditions(object),
    bad !== undefined && invalid('status.certificate', '<certificate data>', bad),
    refused(
      'remove',
      FINAL.filter(type => grown(type) < 0),
    ),
    !decides &&
      refused(
        'add',
        DECISIONS.filter(type => grown(type) > 0),
      ),
    changed && before && forbiddenField('status.certificate', 'updates may not modify existing certificate content'),
  );
}

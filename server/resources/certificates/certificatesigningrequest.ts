import type {FieldError, FieldPath} from '../../api/field.ts';
import {at, child, duplicate, invalid, invalidOmitted, notSupported, required} from '../../api/field.ts';
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
import {collect, each, orNull, semanticEqual} from '../rules.ts';
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
    status: {prepareForUpdate: prepareStatus, validateUpdate: validateStatus},
    approval: {prepareForUpdate: prepareApproval, validateUpdate: (object, old) => validateConditions(object, old, ['Approved', 'Denied'])},
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

const decides = ({type}: CertificateSigningRequestCondition): boolean => type === 'Approved' || type === 'Denied';

/** PUT on /status keeps the decision where it stands, PUT on /approval everything else. */
function prepareStatus(object: KubeObject, old: KubeObject, context: StrategyContext): void {
  const {conditions, ...rest} = statusOf(object);
  const kept = (statusOf(old).conditions ?? []).filter(decides);
  const sent = (conditions ?? []).map(condition => (decides(condition) ? kept.find(({type}) => type === condition.type) : condition));
  const removed = kept.filter(({type}) => !sent.some(condition => condition?.type === type));
  const all = [...sent.filter(condition => condition !== undefined), ...removed];
  object.status = {...rest, ...(all.length > 0 && {conditions: all})} as never;
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

const TYPES_WITHOUT_FALSE = ['Approved', 'Denied', 'Failed'];

function validateConditions(object: KubeObject, old: KubeObject, changeable: readonly string[] = []): FieldError[] {
  const conditions = statusOf(object).conditions ?? [];
  const path = 'status.conditions';
  const removed = changeable.filter(
    type => statusOf(old).conditions?.some(each => each.type === type) && !conditions.some(each => each.type === type),
  );
  const has = (type: string): boolean => conditions.some(condition => condition.type === type);
  return collect(
    ...conditions.map((condition, i) => validateCondition(condition, conditions.slice(0, i), at(path, i))),
    has('Approved') && has('Denied') && invalidOmitted(path, 'Approved and Denied conditions are mutually exclusive'),
    removed.map(type => invalidOmitted(path, `updates may not remove a condition of type ${JSON.stringify(type)}`)),
  );
}

function validateCondition(
  {type, status}: CertificateSigningRequestCondition,
  before: readonly CertificateSigningRequestCondition[],
  path: FieldPath,
): FieldError[] {
  const [ofType, ofStatus] = [child(path, 'type'), child(path, 'status')];
  const supported = TYPES_WITHOUT_FALSE.includes(type) ? ['True'] : ['False', 'True', 'Unknown'];
  return collect(
    !type && required(ofType),
    !status ? required(ofStatus) : !supported.includes(status) && notSupported(ofStatus, status, supported),
    before.some(other => other.type === type) && duplicate(ofType, type),
  );
}

function validateStatus(object: KubeObject, old: KubeObject): FieldError[] {
  const {certificate} = statusOf(object);
  const before = statusOf(old).certificate;
  const bad = certificate && certificate !== before ? certificateError(certificate) : undefined;
  return collect(
    validateConditions(object, old),
    bad !== undefined && invalid('status.certificate', '<certificate data>', bad),
    before &&
      !semanticEqual(certificate, before) &&
      invalid('status.certificate', '<certificate data>', 'updates may not change certificate content'),
  );
}

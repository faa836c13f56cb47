import type {FieldError, FieldPath} from '../../api/field.ts';
import {child, forbiddenField, invalid, notSupported, required} from '../../api/field.ts';
import type {
  ExemptPriorityLevelConfiguration,
  LimitedPriorityLevelConfiguration,
  LimitResponse,
  PriorityLevelConfiguration,
  PriorityLevelConfigurationSpec,
  QueuingConfiguration,
} from '../../api/kinds.generated.ts';
import type {KubeObject} from '../../api/object.ts';
import type {Strategy} from '../resource.ts';
import {collect} from '../rules.ts';
import {validateTypes} from './conditions.ts';
import {validateMandatoryPriorityLevel} from './mandatory.ts';

/** Upstream: pkg/apis/flowcontrol/v1/defaults.go, pkg/apis/flowcontrol/validation, pkg/registry/flowcontrol/prioritylevelconfiguration. */
export const priorityLevelConfiguration: Strategy = {
  defaults: object => setDefaults((object as PriorityLevelConfiguration).spec),
  metadataOnUpdate: 'create',
  validate,
  validateUpdate: validate,
  subresources: {
    status: {validateUpdate: object => validateTypes((object as PriorityLevelConfiguration).status?.conditions, 'status.conditions')},
  },
  statusMetadata: 'none',
};

const specOf = (object: PriorityLevelConfiguration): PriorityLevelConfigurationSpec =>
  object.spec ?? ({} as PriorityLevelConfigurationSpec);

function validate(object: KubeObject): FieldError[] {
  const [spec, name] = [specOf(object as PriorityLevelConfiguration), object.metadata.name ?? ''];
  return [...validateSpec(spec, name, 'spec'), ...validateMandatoryPriorityLevel(spec, name)];
}

function setDefaults(spec: PriorityLevelConfigurationSpec | undefined): void {
  if (spec?.exempt) {
    spec.exempt.nominalConcurrencyShares ??= 0;
    spec.exempt.lendablePercent ??= 0;
  }
  if (!spec?.limited) return;
  spec.limited.nominalConcurrencyShares ??= 30;
  spec.limited.lendablePercent ??= 0;
  const queuing = spec.limited.limitResponse?.queuing;
  if (!queuing) return;
  queuing.handSize ||= 8;
  queuing.queues ||= 64;
  queuing.queueLengthLimit ||= 50;
}

function validateSpec({type, limited, exempt}: PriorityLevelConfigurationSpec, name: string, path: FieldPath): FieldError[] {
  const ofType = child(path, 'type');
  const misnamed = (name === 'exempt') !== (type === 'Exempt') && (type === 'Exempt' || type === 'Limited');
  switch (type) {
    case 'Exempt':
      return collect(
        misnamed && invalid(ofType, type, "must be 'Exempt' if and only if `name` is 'exempt'"),
        limited && forbiddenField(child(path, 'limited'), 'must be nil if the type is not Limited'),
        exempt && collect(validateShares(exempt, child(path, 'exempt')), validateLendable(exempt, child(path, 'exempt'))),
      );
    case 'Limited':
      return collect(
        misnamed && invalid(ofType, type, "must be 'Exempt' if and only if `name` is 'exempt'"),
        exempt && forbiddenField(child(path, 'exempt'), 'must be nil if the type is Limited'),
        limited
          ? validateLimited(limited, child(path, 'limited'))
          : required(child(path, 'limited'), 'must not be empty when type is Limited'),
      );
    default:
      return type ? [notSupported(ofType, type, ['Exempt', 'Limited'])] : [required(ofType)];
  }
}

const validateShares = ({nominalConcurrencyShares: shares}: ExemptPriorityLevelConfiguration, path: FieldPath): FieldError[] =>
  collect(shares !== undefined && shares < 0 && invalid(child(path, 'nominalConcurrencyShares'), shares, 'must be a non-negative integer'));

const validateLendable = ({lendablePercent: lendable}: ExemptPriorityLevelConfiguration, path: FieldPath): FieldError[] =>
  collect(
    lendable !== undefined &&
      (lendable < 0 || lendable > 100) &&
      invalid(child(path, 'lendablePercent'), lendable, 'must be between 0 and 100, inclusive'),
  );

const validateLimited = (limited: LimitedPriorityLevelConfiguration, path: FieldPath): FieldError[] =>
  collect(
    validateShares(limited, path),
    validateResponse(limited.limitResponse ?? ({} as LimitResponse), child(path, 'limitResponse')),
    validateLendable(limited, path),
    limited.borrowingLimitPercent !== undefined &&
      limited.borrowingLimitPercent < 0 &&
      invalid(child(path, 'borrowingLimitPercent'), limited.borrowingLimitPercent, 'if specified, must be a non-negative integer'),
  );

function validateResponse({type, queuing}: LimitResponse, path: FieldPath): FieldError[] {
  const [ofType, ofQueuing] = [child(path, 'type'), child(path, 'queuing')];
  switch (type) {
    case 'Reject':
      return queuing ? [forbiddenField(ofQueuing, 'must be nil if limited.limitResponse.type is not Limited')] : [];
    case 'Queue':
      return queuing
        ? validateQueuing(queuing, ofQueuing)
        : [required(ofQueuing, 'must not be empty if limited.limitResponse.type is Limited')];
    default:
      return type ? [notSupported(ofType, type, ['Queue', 'Reject'])] : [required(ofType)];
  }
}

const MAX_QUEUES = 10_000_000;
const MAX_ENTROPY_BITS = 60;

function validateQueuing({queueLengthLimit = 0, queues = 0, handSize = 0}: QueuingConfiguration, path: FieldPath): FieldError[] {
  const ofHand = child(path, 'handSize');
  const bits = Math.ceil(Math.log2(queues) * handSize);
  const tooRandom = `required entropy bits of deckSize ${queues} and handSize ${handSize} should not be greater than ${MAX_ENTROPY_BITS}`;
  return collect(
    queueLengthLimit <= 0 && invalid(child(path, 'queueLengthLimit'), queueLengthLimit, 'must be positive'),
    queues <= 0 && invalid(child(path, 'queues'), queues, 'must be positive'),
    queues > MAX_QUEUES && invalid(child(path, 'queues'), queues, `must not be greater than ${MAX_QUEUES}`),
    handSize <= 0
      ? invalid(ofHand, handSize, 'must be positive')
      : handSize > queues
        ? invalid(ofHand, handSize, `should not be greater than queues (${queues})`)
        : bits > MAX_ENTROPY_BITS && invalid(ofHand, handSize, tooRandom),
  );
}

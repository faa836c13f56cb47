import type {
  MutatingAdmissionPolicy,
  MutatingAdmissionPolicyBinding,
  MutatingWebhookConfiguration,
  ParamKind,
  ParamRef,
  ValidatingAdmissionPolicy,
  ValidatingAdmissionPolicyBinding,
  ValidatingWebhookConfiguration,
} from '../../api/kinds.generated.ts';
import type {LabelSelector} from '../../api/selectors.ts';
import type {ColumnsByKind} from '../printing.ts';
import {AGE, column, NAME, UNSET} from '../printing.ts';

export const columns: ColumnsByKind = {
  MutatingAdmissionPolicy: [
    NAME,
    column<MutatingAdmissionPolicy>('Mutations', ({spec}) => spec?.mutations?.length ?? 0),
    column<MutatingAdmissionPolicy>('ParamKind', ({spec}) => printParamKind(spec?.paramKind), 'MutatingAdmissionPolicySpec.paramKind'),
    AGE,
  ],
  MutatingAdmissionPolicyBinding: [
    NAME,
    column<MutatingAdmissionPolicyBinding>(
      'PolicyName',
      ({spec}) => spec?.policyName ?? '',
      'MutatingAdmissionPolicyBindingSpec.policyName',
    ),
    column<MutatingAdmissionPolicyBinding>(
      'ParamRef',
      ({spec}) => printParamRef(spec?.paramRef),
      'MutatingAdmissionPolicyBindingSpec.paramRef',
    ),
    AGE,
  ],
  MutatingWebhookConfiguration: [NAME, column<MutatingWebhookConfiguration>('Webhooks', ({webhooks}) => webhooks?.length ?? 0), AGE],
  ValidatingAdmissionPolicy: [
    NAME,
    column<ValidatingAdmissionPolicy>('Validations', ({spec}) => spec?.validations?.length ?? 0),
    column<ValidatingAdmissionPolicy>('ParamKind', ({spec}) => printParamKind(spec?.paramKind), 'ValidatingAdmissionPolicySpec.paramKind'),
    AGE,
  ],
  ValidatingAdmissionPolicyBinding: [
    NAME,
    column<ValidatingAdmissionPolicyBinding>(
      'PolicyName',
      ({spec}) => spec?.policyName ?? '',
      'ValidatingAdmissionPolicyBindingSpec.policyName',
    ),
    column<ValidatingAdmissionPolicyBinding>(
      'ParamRef',
      ({spec}) => printParamRef(spec?.paramRef),
      'ValidatingAdmissionPolicyBindingSpec.paramRef',
    ),
    AGE,
  ],
  ValidatingWebhookConfiguration: [NAME, column<ValidatingWebhookConfiguration>('Webhooks', ({webhooks}) => webhooks?.length ?? 0), AGE],
};

function printParamKind(kind: ParamKind | undefined): string {
  return kind ? `${kind.apiVersion ?? ''}/${kind.kind ?? ''}` : UNSET;
}

/** Whether the parameter is in a namespace cannot be told: without one, any is shown. */
function printParamRef(ref: ParamRef | undefined): string {
  if (ref?.name) return `${ref.namespace || '*'}/${ref.name}`;
  return ref?.selector ? printGo(ref.selector) : UNSET;
}

/** As Go prints the selector's own type. */
function printGo({matchLabels = {}, matchExpressions = []}: LabelSelector): string {
  const labels = Object.keys(matchLabels)
    .sort()
    .map(key => `${key}: ${matchLabels[key]},`);
  const expressions = matchExpressions.map(
    ({key, operator, values = []}) => `LabelSelectorRequirement{Key:${key},Operator:${operator},Values:[${values.join(' ')}],},`,
  );
  const lists = `MatchLabels:map[string]string{${labels.join('')}},MatchExpressions:[]LabelSelectorRequirement{${expressions.join('')}},`;
  return `&LabelSelector{${lists}}`;
}

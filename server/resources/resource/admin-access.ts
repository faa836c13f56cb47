import type {FieldError, FieldPath} from '../../api/field.ts';
import {at, child, forbiddenField} from '../../api/field.ts';
import type {ResourceClaimSpec} from '../../api/kinds.generated.ts';
import type {StrategyContext} from '../resource.ts';

const LABEL = 'resource.kubernetes.io/admin-access';

/** Only in namespaces with a label may devices be used beside their other users; told at the first who asks. Upstream: AuthorizedForAdmin. */
export function validateAdminAccess(
  asking: readonly {readonly adminAccess?: boolean}[],
  path: FieldPath,
  namespace: string | undefined,
  {namespaceLabels}: StrategyContext,
): FieldError[] {
  const first = asking.findIndex(({adminAccess}) => adminAccess);
  if (first < 0 || namespaceLabels(namespace ?? '')[LABEL] === 'true') return [];
  const told = `admin access to devices requires the \`${LABEL}: true\` label on the containing namespace`;
  return [forbiddenField(child(at(path, first), 'adminAccess'), told)];
}

/** What a claim, or a template of claims, asks for. */
export const validateAskedAccess = (
  spec: ResourceClaimSpec | undefined,
  namespace: string | undefined,
  context: StrategyContext,
): FieldError[] =>
  validateAdminAccess(
    (spec?.devices?.requests ?? []).map(({exactly}) => exactly ?? {}),
    'spec.devices.requests',
    namespace,
    context,
  );

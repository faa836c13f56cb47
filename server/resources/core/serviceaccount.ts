import type {ServiceAccount} from '../../api/kinds.generated.ts';
import type {KubeObject} from '../../api/object.ts';
import type {Strategy} from '../resource.ts';

const MOUNTABLE = 'kubernetes.io/enforce-mountable-secrets';

/** Upstream: pkg/registry/core/serviceaccount. */
export const serviceAccount: Strategy = {
  generation: 'none',
  returnDeletedObject: true,
  prepareForCreate: keepNamesOnly,
  prepareForUpdate: keepNamesOnly,
  warnings: (object, old) =>
    object.metadata.annotations?.[MOUNTABLE] !== undefined && old?.metadata.annotations?.[MOUNTABLE] === undefined
      ? [`metadata.annotations[${MOUNTABLE}]: deprecated in v1.32+; prefer separate namespaces to isolate access to mounted secrets`]
      : [],
};

/** References to secrets are names and nothing else. */
function keepNamesOnly(object: KubeObject): void {
  const {secrets} = object as ServiceAccount;
  if (secrets) object.secrets = secrets.map(({name}) => (name ? {name} : {}));
}

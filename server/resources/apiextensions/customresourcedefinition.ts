import type {CustomResourceDefinition} from '../../api/kinds.generated.ts';
import {nameIsDNSSubdomain} from '../../api/names.ts';
import type {KubeObject} from '../../api/object.ts';
import type {Strategy} from '../resource.ts';
import {validateDefinition, validateStatus} from './validation.ts';
import {formatWarnings} from './warnings.ts';

export const CLEANUP_FINALIZER = 'customresourcecleanup.apiextensions.k8s.io';

/** Upstream: k8s.io/apiextensions-apiserver/pkg/registry/customresourcedefinition, pkg/apis/apiextensions/v1/defaults.go. */
export const customResourceDefinition: Strategy = {
  defaults(object) {
    const {spec, status} = object as unknown as CustomResourceDefinition;
    if (status && !status.storedVersions?.length) status.storedVersions = storageVersions(object);
    spec.names.singular ||= spec.names.kind?.toLowerCase() ?? '';
    if (!spec.names.listKind && spec.names.kind) spec.names.listKind = `${spec.names.kind}List`;
    spec.conversion ??= {strategy: 'None'};
    if (spec.conversion.strategy === 'Webhook' && spec.conversion.webhook?.clientConfig?.service)
      spec.conversion.webhook.clientConfig.service.port ??= 443;
  },
  prepareForCreate(object) {
    object.status = {
      conditions: null,
      acceptedNames: {plural: '', kind: ''},
      storedVersions: storageVersions(object),
    } as unknown as NonNullable<KubeObject['status']>;
  },
  prepareForUpdate(object, old) {
    // A version that objects are stored in is remembered as long as nobody says otherwise.
    const {storedVersions = []} = (old as unknown as CustomResourceDefinition).status ?? {};
    const added = storageVersions(object).filter(name => !storedVersions.includes(name));
    if (added.length > 0) object.status = {...(object.status as object), storedVersions: [...storedVersions, ...added]};
  },
  validateName(name, prefix, object) {
    const {names, group = ''} = (object as unknown as CustomResourceDefinition).spec;
    const expected = `${names?.plural ?? ''}.${group}`;
    return [...nameIsDNSSubdomain(name, prefix), ...(name === expected ? [] : ['must be spec.names.plural+"."+spec.group'])];
  },
  validate: object => validateDefinition(object as unknown as CustomResourceDefinition, undefined),
  validateUpdate: (object, old) =>
    validateDefinition(object as unknown as CustomResourceDefinition, old as unknown as CustomResourceDefinition),
  warnings: (object, old) =>
    formatWarnings((object as unknown as CustomResourceDefinition).spec, (old as unknown as CustomResourceDefinition | undefined)?.spec),
  subresources: {
    status: {validateUpdate: object => validateStatus(object as unknown as CustomResourceDefinition)},
  },
  metadataOnUpdate: 'update',
  plainFinalizers: true,
  initialGeneration: 1,
  returnDeletedObject: true,
  allowUnconditionalUpdate: false,
  deletionHeld: object => object.metadata.deletionTimestamp === undefined,
  beginDeletion(object, now) {
    const {metadata} = object;
    if (!metadata.finalizers?.includes(CLEANUP_FINALIZER)) metadata.finalizers = [...(metadata.finalizers ?? []), CLEANUP_FINALIZER];
    const {status} = object as unknown as CustomResourceDefinition;
    const terminating = {
      type: 'Terminating',
      status: 'True',
      lastTransitionTime: now,
      reason: 'InstanceDeletionPending',
      message: 'CustomResourceDefinition marked for deletion; CustomResource deletion will begin soon',
    };
    object.status = {...status, conditions: [...(status?.conditions ?? []).filter(({type}) => type !== 'Terminating'), terminating]};
  },
};

/** The version objects are stored in; the first, should there be two. */
const storageVersions = (object: KubeObject): string[] =>
  ((object as unknown as CustomResourceDefinition).spec.versions ?? [])
    .filter(({storage}) => storage)
    .map(({name}) => name)
    .slice(0, 1);

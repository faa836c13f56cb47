import type {JsonObject} from '../api/json.ts';
import type {CustomResourceDefinition, CustomResourceDefinitionVersion, JSONSchemaProps} from '../api/kinds.generated.ts';
import type {GroupVersionKind, KubeObject} from '../api/object.ts';
import type {Resource, ResourceCodec, ScalePaths, Subresource} from '../resources/resource.ts';
import {decodeCustom, sortKeys, toSchema} from '../schema/custom.ts';
import {dropNulls} from '../schema/default-values.ts';
import type {Schema, StructSchema} from '../schema/schema.ts';
import type {Structural} from '../schema/structural.ts';
import {structural} from '../schema/structural.ts';
import type {Review} from './conversion-review.ts';
import {memberNames} from './json-path.ts';
import {printerColumns} from './printer-columns.ts';
import {customStrategy} from './strategy.ts';
import {versionView} from './version-view.ts';

const VERBS = ['delete', 'deletecollection', 'get', 'list', 'patch', 'create', 'update', 'watch'];
const STATUS_VERBS = ['get', 'patch', 'update'];

export interface CompileOptions {
  /** ObjectMeta, as every kind has it. */
  readonly metadata: Schema;
  /** Text of a metadata field, for columns. */
  describe(field: string): string;
  /** Asks conversion webhooks. */
  readonly review: Review;
}

/** The resources a CRD serves: one per served version, over one storage (k8s.io/apiextensions-apiserver/pkg/apiserver/customresource_handler.go). */
export function compileDefinition(definition: CustomResourceDefinition, options: CompileOptions): Resource[] {
  const {spec, metadata} = definition;
  const stored = spec.versions.find(version => version.storage);
  if (!stored) return [];
  const schemas = new Map(spec.versions.map(version => [version.name, schemaOf(version)]));
  const edition = `${metadata.uid} ${metadata.generation}`;
  const versions = new Map<string, Resource>();
  for (const version of spec.versions)
    versions.set(version.name, compileVersion(definition, version, stored, {schemas, edition, versions}, options));
  return spec.versions.flatMap(({name, served}) => (served ? [versions.get(name)!] : []));
}

/** Custom objects without a schema may hold anything (v1 always has one). */
const schemaOf = ({schema}: CustomResourceDefinitionVersion): Structural => {
  const props = (schema?.openAPIV3Schema ?? {type: 'object', 'x-kubernetes-preserve-unknown-fields': true}) as JSONSchemaProps;
  return structural(props);
};

/** What the versions of a kind have in common. */
interface Shared {
  readonly schemas: ReadonlyMap<string, Structural>;
  readonly edition: string;
  readonly versions: ReadonlyMap<string, Resource>;
}

function compileVersion(
  definition: CustomResourceDefinition,
  version: CustomResourceDefinitionVersion,
  stored: CustomResourceDefinitionVersion,
  {schemas, edition, versions}: Shared,
  {metadata, describe, review}: CompileOptions,
): Resource {
  const {group, names, scope} = definition.spec;
  const accepted = definition.status?.acceptedNames?.plural ? definition.status.acceptedNames : names;
  const own: GroupVersionKind = {group, version: version.name, kind: names.kind};
  const hub: GroupVersionKind = {group, version: stored.name, kind: names.kind};
  const schema = schemas.get(version.name)!;
  let owned: StructSchema | undefined;
  const {subresources} = version;
  const deprecation = version.deprecated
    ? (version.deprecationWarning ?? `${group}/${version.name} ${names.kind} is deprecated`)
    : undefined;
  return {
    ...own,
    resource: names.plural,
    singular: accepted.singular ?? '',
    listKind: accepted.listKind ?? `${names.kind}List`,
    namespaced: scope === 'Namespaced',
    shortNames: accepted.shortNames ?? [],
    categories: accepted.categories ?? [],
    verbs: VERBS,
    subresources: new Map([
      ...(subresources?.status ? [['status', {...own, name: 'status', verbs: STATUS_VERBS}] as [string, Subresource]] : []),
      ...(subresources?.scale
        ? [['scale', {group: 'autoscaling', version: 'v1', kind: 'Scale', name: 'scale', verbs: STATUS_VERBS}] as [string, Subresource]]
        : []),
    ]),
    storagePrefix: `/registry/${group}/${names.plural}/`,
    view: versionView({own, hub, schemas, conversion: definition.spec.conversion, review}),
    get schema() {
      owned ??= toSchema(schema, metadata, true) as StructSchema;
      return owned;
    },
    strategy: customStrategy(own, schema, version),
    columns: printerColumns(version.additionalPrinterColumns, describe),
    custom: true,
    versions,
    codec: codecOf(schema, metadata),
    edition,
    ...(subresources?.scale && {scale: scalePaths(subresources.scale)}),
    ...(version.schema?.openAPIV3Schema && {openApi: version.schema.openAPIV3Schema as unknown as JsonObject}),
    ...(deprecation !== undefined && {deprecation}),
  };
}

const codecOf = (schema: Structural, metadata: Schema): ResourceCodec => ({
  decode(document) {
    const decoded = decodeCustom(document, schema, metadata);
    dropNulls(decoded.object, schema);
    return decoded;
  },
  decodeApplied: document => decodeCustom(document, schema, metadata),
  canonical: object => sortKeys(object as JsonObject) as KubeObject,
});

const scalePaths = ({
  specReplicasPath,
  statusReplicasPath,
  labelSelectorPath,
}: {
  specReplicasPath: string;
  statusReplicasPath: string;
  labelSelectorPath?: string;
}): ScalePaths => ({
  specReplicas: memberNames(specReplicasPath) ?? [],
  statusReplicas: memberNames(statusReplicasPath) ?? [],
  labelSelector: labelSelectorPath === undefined ? undefined : memberNames(labelSelectorPath),
});

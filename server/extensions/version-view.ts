import {klona} from 'klona/json';
import type {JsonObject} from '../api/json.ts';
import type {CustomResourceConversion} from '../api/kinds.generated.ts';
import type {GroupVersionKind, KubeObject} from '../api/object.ts';
import {formatGroupVersion, parseGroupVersion} from '../api/object.ts';
import type {Conversion, View} from '../resources/resource.ts';
import {sortKeys} from '../schema/custom.ts';
import {applyDefaults} from '../schema/default-values.ts';
import {prune} from '../schema/prune.ts';
import type {Structural} from '../schema/structural.ts';
import type {Review} from './conversion-review.ts';

export interface VersionViewOptions {
  readonly own: GroupVersionKind;
  /** The version that new objects are stored in; older ones may lie there in another. */
  readonly hub: GroupVersionKind;
  /** By version, also of those that are not served. */
  readonly schemas: ReadonlyMap<string, Structural>;
  readonly conversion: CustomResourceConversion | undefined;
  readonly review: Review;
}

/**
 * A version's view of what is stored: read in the version it was stored in, with that version's defaults, then converted, and what the
 * new version does not know is dropped (k8s.io/apiextensions-apiserver/pkg/apiserver/customresource_handler.go).
 */
export function versionView({own, hub, schemas, conversion, review}: VersionViewOptions): View {
  const [ownVersion, hubVersion] = [formatGroupVersion(own), formatGroupVersion(hub)];
  const schemaOf = (apiVersion: string | undefined): Structural | undefined =>
    schemas.get(parseGroupVersion(apiVersion ?? '')?.version ?? '');
  const pruned = (object: KubeObject): KubeObject => {
    const schema = schemaOf(object.apiVersion);
    if (schema) prune(object, schema, true);
    return object;
  };
  const read = (stored: KubeObject): KubeObject => {
    const object = pruned(klona(stored));
    const schema = schemaOf(object.apiVersion);
    if (schema) applyDefaults(object, schema);
    return object;
  };
  const renamed = (object: KubeObject, apiVersion: string): KubeObject =>
    object.apiVersion === apiVersion ? object : pruned({...object, apiVersion});
  const view: View = {
    hub,
    toHub: object => (object.apiVersion === hubVersion ? object : renamed(klona(object), hubVersion)),
    fromHub: stored => renamed(read(stored), ownVersion),
  };
  if (conversion?.strategy !== 'Webhook' || !conversion.webhook) return view;
  const {webhook} = conversion;
  const convert = async (objects: readonly KubeObject[], apiVersion: string): Promise<KubeObject[]> => {
    const converted = await review(webhook, objects, apiVersion);
    return converted.map((object, i) => (object === objects[i] ? object : (sortKeys(pruned(object) as JsonObject) as KubeObject)));
  };
  const asked: Conversion = {
    toHub: objects => convert(objects, hubVersion),
    fromHub: objects => convert(objects.map(read), ownVersion),
  };
  return {...view, conversion: asked};
}

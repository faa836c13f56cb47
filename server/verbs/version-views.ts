import type {KubeObject} from '../api/object.ts';
import {parseGroupVersion} from '../api/object.ts';
import type {Convert, VersionedObject} from '../patch/conversions.ts';
import type {Registry} from '../resources/registry.ts';
import type {Resource} from '../resources/resource.ts';
import {canonical} from '../schema/decode.ts';

/** Objects in another version of their group, for managedFields written through that version. */
export const versionViews =
  (registry: Registry): Convert =>
  ({kind}, object, apiVersion) => {
    const served = (version: string) => {
      const groupVersion = parseGroupVersion(version);
      return groupVersion && registry.findKind({...groupVersion, kind});
    };
    const from = served(object.apiVersion ?? '');
    if (from?.custom) return customView(from, object, apiVersion);
    const to = served(apiVersion);
    if (!from || !to || from.storagePrefix !== to.storagePrefix) return undefined;
    const hub = from.view.toHub(canonical(object, from.schema) as KubeObject);
    return {object: to.view.fromHub(hub), schema: to.schema};
  };

/** Unlike those of built-in kinds, owners in a version that is no more are an error (k8s.io/apiextensions-apiserver/pkg/apiserver/conversion). */
function customView(from: Resource, object: KubeObject, apiVersion: string): VersionedObject | Promise<VersionedObject> {
  const {group, version} = parseGroupVersion(apiVersion) ?? {group: '', version: ''};
  if (group !== from.group) {
    const own = `${from.group}/${from.version}, Kind=${from.kind}`;
    throw new Error(`${own} is unstructured and is not suitable for converting to ${JSON.stringify(apiVersion)}`);
  }
  const to = from.versions?.get(version);
  if (!to) throw new Error(`request to convert CR to an invalid group/version: ${apiVersion}`);
  const {view, schema} = to;
  const whole = canonical(object, from.schema) as KubeObject;
  if (view.conversion) return view.conversion.fromHub([whole]).then(([converted]) => ({object: converted!, schema}));
  return {object: view.fromHub(whole), schema};
}

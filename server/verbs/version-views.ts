import type {Json} from '../api/json.ts';
import type {KubeObject} from '../api/object.ts';
import {parseGroupVersion} from '../api/object.ts';
import type {Convert, VersionedObject} from '../patch/conversions.ts';
import {joinErrors, typedErrors} from '../patch/typed-validate.ts';
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

/**
 * Unlike those of built-in kinds, owners in a version that is no more are an error, and so is what their version does not know: a field
 * that another version has given a default, say (k8s.io/apiextensions-apiserver/pkg/apiserver/conversion).
 */
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
  if (view.conversion) return view.conversion.fromHub([whole]).then(([converted]) => known({object: converted!, schema}));
  return known({object: {...whole, apiVersion}, schema});
}

function known(converted: VersionedObject): VersionedObject {
  const errors = typedErrors(converted.object as Json, converted.schema);
  if (errors.length > 0) throw new Error(joinErrors(errors));
  return converted;
}

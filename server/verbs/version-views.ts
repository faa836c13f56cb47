import type {KubeObject} from '../api/object.ts';
import {parseGroupVersion} from '../api/object.ts';
import type {Convert} from '../patch/ownership.ts';
import type {Registry} from '../resources/registry.ts';
import {canonical} from '../schema/decode.ts';

/** Objects in another served version of their group, for managedFields written through that version. */
export const versionViews =
  (registry: Registry): Convert =>
  ({kind}, object, apiVersion) => {
    const served = (version: string) => {
      const groupVersion = parseGroupVersion(version);
      return groupVersion && registry.findKind({...groupVersion, kind});
    };
    const from = served(object.apiVersion ?? '');
    const to = served(apiVersion);
    if (!from || !to || from.storagePrefix !== to.storagePrefix) return undefined;
    const hub = from.view.toHub(canonical(object, from.schema) as KubeObject);
    return {object: to.view.fromHub(hub), schema: to.schema};
  };

import type {KubeObject} from '../api/object.ts';
import {formatGroupVersion} from '../api/object.ts';
import type {Resource} from '../resources/resource.ts';
import {canonical} from '../schema/decode.ts';
import type {Environment} from './environment.ts';

/**
 * The stored form: what Go would encode, kind and apiVersion first. Hooks add and empty fields in any order; equal objects must become
 * equal texts, or an update that changes nothing would be stored.
 */
export function canonicalObject({schemas}: Environment, resource: Resource, object: KubeObject): KubeObject {
  if (resource.codec) return resource.codec.canonical(object);
  const {hub} = resource.view;
  const schema = hub.version === resource.version && hub.group === resource.group ? resource.schema : schemas.forKind(hub)!;
  const {kind: _kind, apiVersion: _apiVersion, ...rest} = canonical(object, schema) as KubeObject;
  return {kind: hub.kind, apiVersion: formatGroupVersion(hub), ...rest} as KubeObject;
}

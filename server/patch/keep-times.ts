import type {KubeObject} from '../api/object.ts';
import {jsonEqual} from './equal.ts';

/**
 * Gives an object the managedFields of the live one where nothing but their times is new: a write that says the same in other words is
 * none (k8s.io/apiserver/pkg/endpoints/handlers/fieldmanager/equality.go).
 */
export function keepTimes(object: KubeObject, live: KubeObject): void {
  const entries = object.metadata.managedFields;
  const liveEntries = live.metadata.managedFields;
  if (!entries || !liveEntries || entries.length !== liveEntries.length) return;
  const timed = entries.some((entry, index) => entry.time !== liveEntries[index]!.time);
  if (!timed || !entries.every((entry, index) => jsonEqual({...entry, time: null}, {...liveEntries[index], time: null}))) return;
  const candidate = {...object, metadata: {...object.metadata, managedFields: liveEntries}};
  if (jsonEqual(candidate, live)) object.metadata.managedFields = liveEntries;
}

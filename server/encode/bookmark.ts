import type {KubeObject} from '../api/object.ts';
import {formatGroupVersion} from '../api/object.ts';
import type {WatchFrame} from '../request/request.ts';
import type {Resource} from '../resources/resource.ts';

/** What a bookmark carries: a version, and at the end of the initial events the mark that says so. */
export function bookmark(resource: Resource, {revision, initialEventsEnd}: Extract<WatchFrame, {type: 'BOOKMARK'}>): KubeObject {
  return {
    kind: resource.kind,
    apiVersion: formatGroupVersion(resource),
    metadata: {
      resourceVersion: String(revision),
      ...(initialEventsEnd && {annotations: {'k8s.io/initial-events-end': 'true'}}),
    },
  };
}

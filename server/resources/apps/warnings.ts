import {isDNS1123Label} from '../../api/names.ts';
import type {KubeObject} from '../../api/object.ts';

/** Names of workloads end up in pod names and host names. */
export const podNameWarnings = (object: KubeObject): string[] => {
  const messages = isDNS1123Label(object.metadata.name ?? '');
  if (messages.length === 0) return [];
  const why = 'this is used in Pod names and hostnames, which can result in surprising behavior; a DNS label is recommended';
  return [`metadata.name: ${why}: [${messages.join(' ')}]`];
};

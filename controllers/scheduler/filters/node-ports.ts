import type {FilterPlugin, HostPort, NodeInfo} from '../framework.ts';
import {rejection} from '../framework.ts';

const ANY = '0.0.0.0';

const conflicts = (a: HostPort, b: HostPort): boolean =>
  a.port === b.port && a.protocol === b.protocol && (a.ip === b.ip || a.ip === ANY || b.ip === ANY);

/** Whether a pod cannot have its ports beside one that holds the others. */
export const portsConflict = (wanted: readonly HostPort[], taken: readonly HostPort[]): boolean =>
  taken.some(other => wanted.some(port => conflicts(port, other)));

function hasConflict(ports: readonly HostPort[], {pods}: NodeInfo): boolean {
  for (const {hostPorts} of pods.values()) if (hostPorts.length > 0 && portsConflict(ports, hostPorts)) return true;
  return false;
}

/** Host ports have to be free. */
export const nodePorts: FilterPlugin = {
  name: 'NodePorts',
  prepare({hostPorts}) {
    if (hostPorts.length === 0) return undefined;
    return {
      filter: node => (hasConflict(hostPorts, node) ? rejection("node(s) didn't have free ports for the requested pod ports") : undefined),
    };
  },
  hint(event, {hostPorts}) {
    if (event.type === 'NodeAdd') return true;
    return event.type === 'PodDelete' && portsConflict(hostPorts, event.pod.hostPorts);
  },
};

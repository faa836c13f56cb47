import type {FilterPlugin, HostPort, NodeInfo} from '../framework.ts';
import {rejection} from '../framework.ts';

const ANY = '0.0.0.0';

const conflicts = (a: HostPort, b: HostPort): boolean =>
  a.port === b.port && a.protocol === b.protocol && (a.ip === b.ip || a.ip === ANY || b.ip === ANY);

/** Whether a pod on the node holds one of these ports. */
export function hasPortConflict(ports: readonly HostPort[], {pods}: NodeInfo): boolean {
  for (const {hostPorts} of pods.values()) {
    if (hostPorts.length > 0 && hostPorts.some(taken => ports.some(port => conflicts(port, taken)))) return true;
  }
  return false;
}

/** Host ports have to be free. */
export const nodePorts: FilterPlugin = {
  name: 'NodePorts',
  prepare({hostPorts}) {
    if (hostPorts.length === 0) return undefined;
    return {
      filter: node =>
        hasPortConflict(hostPorts, node) ? rejection("node(s) didn't have free ports for the requested pod ports") : undefined,
    };
  },
  hint(event, {hostPorts}) {
    if (event.type === 'NodeAdd') return true;
    return event.type === 'PodDelete' && event.pod.hostPorts.some(taken => hostPorts.some(port => conflicts(port, taken)));
  },
};

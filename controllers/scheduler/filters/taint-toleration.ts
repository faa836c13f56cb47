import type {FilterPlugin, NodeInfo, PodInfo} from '../framework.ts';
import {rejection} from '../framework.ts';
import {findUntoleratedTaint} from '../taints.ts';

const EFFECTS = ['NoSchedule', 'NoExecute'];

const tolerates = ({node}: NodeInfo, {pod}: PodInfo): boolean =>
  findUntoleratedTaint(node.spec?.taints, pod.spec.tolerations, EFFECTS) === undefined;

/** Taints NoSchedule and NoExecute have to be tolerated. */
export const taintToleration: FilterPlugin = {
  name: 'TaintToleration',
  prepare: pod => ({filter: node => (tolerates(node, pod) ? undefined : rejection('node(s) had untolerated taint(s)', true))}),
  hint(event, pod) {
    if (event.type === 'NodeAdd') return tolerates(event.node, pod);
    return event.type === 'NodeUpdate' && tolerates(event.node, pod) && !tolerates(event.old, pod);
  },
};

import type {FilterPlugin} from '../framework.ts';
import {rejection} from '../framework.ts';
import {toleratesTaint} from '../taints.ts';

const UNSCHEDULABLE = {key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule'};

/** Cordoned nodes take only pods that tolerate their taint. */
export const nodeUnschedulable: FilterPlugin = {
  name: 'NodeUnschedulable',
  prepare({pod}) {
    if (toleratesTaint(pod.spec.tolerations, UNSCHEDULABLE)) return undefined;
    return {filter: ({node}) => (node.spec?.unschedulable ? rejection('node(s) were unschedulable', true) : undefined)};
  },
  hint(event) {
    if (event.type === 'NodeAdd') return !event.node.node.spec?.unschedulable;
    return event.type === 'NodeUpdate' && !event.node.node.spec?.unschedulable && !!event.old.node.spec?.unschedulable;
  },
};

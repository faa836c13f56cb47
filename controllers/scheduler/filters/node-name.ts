import type {FilterPlugin} from '../framework.ts';
import {rejection} from '../framework.ts';

/** A pod that names its node goes nowhere else. */
export const nodeName: FilterPlugin = {
  name: 'NodeName',
  prepare({pod}) {
    const wanted = pod.spec.nodeName;
    if (!wanted) return undefined;
    return {filter: node => (node.name === wanted ? undefined : rejection("node(s) didn't match the requested node name", true))};
  },
  hint: event => event.type === 'NodeAdd',
};

import {dynamicResources} from './filters/dynamic-resources.ts';
import {interPodAffinity} from './filters/inter-pod-affinity.ts';
import {nodeAffinity} from './filters/node-affinity.ts';
import {nodeName} from './filters/node-name.ts';
import {nodePorts} from './filters/node-ports.ts';
import {nodeResourcesFit} from './filters/node-resources-fit.ts';
import {nodeUnschedulable} from './filters/node-unschedulable.ts';
import {nodeVolumeLimits} from './filters/node-volume-limits.ts';
import {podTopologySpread} from './filters/pod-topology-spread.ts';
import {taintToleration} from './filters/taint-toleration.ts';
import {volumeBinding} from './filters/volume-binding.ts';
import {volumeRestrictions} from './filters/volume-restrictions.ts';
import {volumeZone} from './filters/volume-zone.ts';
import type {FilterPlugin, ScorePlugin} from './framework.ts';
import {imageLocalityScore} from './scores/image-locality.ts';
import {interPodAffinityScore} from './scores/inter-pod-affinity.ts';
import {nodeAffinityScore} from './scores/node-affinity.ts';
import {nodeResourcesBalancedAllocationScore} from './scores/node-resources-balanced-allocation.ts';
import {nodeResourcesFitScore} from './scores/node-resources-fit.ts';
import {podTopologySpreadScore} from './scores/pod-topology-spread.ts';
import {taintTolerationScore} from './scores/taint-toleration.ts';

/** The default filters in upstream's order: the first that refuses a node names the reason (apis/config/v1/default_plugins.go). */
export const filters: readonly FilterPlugin[] = [
  nodeUnschedulable,
  nodeName,
  taintToleration,
  nodeAffinity,
  nodePorts,
  nodeResourcesFit,
  volumeRestrictions,
  nodeVolumeLimits,
  volumeBinding,
  volumeZone,
  podTopologySpread,
  interPodAffinity,
  dynamicResources,
];

export const scores: readonly ScorePlugin[] = [
  taintTolerationScore,
  nodeAffinityScore,
  nodeResourcesFitScore,
  podTopologySpreadScore,
  interPodAffinityScore,
  nodeResourcesBalancedAllocationScore,
  imageLocalityScore,
];

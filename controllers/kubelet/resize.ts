import equal from 'fast-deep-equal';
import type {Container, Node, ResourceRequirements} from '../../server/api/kinds.generated.ts';
import {parseAmounts} from '../scheduler/node-info.ts';
import {podRequests} from '../scheduler/pod-info.ts';
import type {ContainerRecord, PodRecord} from './pod-record.ts';
import {updateContainers} from './pod-record.ts';

/** Why a resize waits: the condition PodResizePending. */
export interface PendingResize {
  /** `Infeasible`: the node is too small; `Deferred`: others have the room. */
  reason: 'Infeasible' | 'Deferred';
  message: string;
}

/**
 * Gives running containers the resources that their pod asks for now, all or none of them, where the node has the room
 * (kubelet/allocation). `others` are the pods beside it.
 */
export function resizeContainers(record: PodRecord, node: Node, others: Iterable<PodRecord>): void {
  updateContainers(record);
  const changed = record.containers.filter(isResized);
  record.pendingResize = undefined;
  if (changed.length === 0) return;
  record.pendingResize = findObstacle(record, node, others);
  if (!record.pendingResize) for (const container of changed) container.allocated = resourcesOf(container);
}

/** What a container runs with; what it asks for before it runs. */
export const allocatedResources = (container: ContainerRecord): ResourceRequirements | undefined =>
  container.allocated ?? resourcesOf(container);

export const resourcesOf = ({spec}: ContainerRecord): ResourceRequirements | undefined => (spec as Container).resources;

const isResized = (container: ContainerRecord): boolean =>
  container.state.type === 'running' && container.allocated !== undefined && !equal(container.allocated, resourcesOf(container) ?? {});

function findObstacle(record: PodRecord, node: Node, others: Iterable<PodRecord>): PendingResize | undefined {
  const wanted = podRequests(record.pod);
  const allocatable = parseAmounts(node.status?.allocatable ?? {});
  const tooMuch = Object.keys(wanted).find(name => wanted[name]! > (allocatable[name] ?? 0));
  if (tooMuch !== undefined) {
    const message = `Node didn't have enough capacity: ${tooMuch}, requested: ${wanted[tooMuch]}, capacity: ${allocatable[tooMuch] ?? 0}`;
    return {reason: 'Infeasible', message};
  }
  const used: {[name: string]: number} = {};
  for (const other of others) {
    if (other === record || other.phase === 'Succeeded' || other.phase === 'Failed') continue;
    for (const [name, amount] of Object.entries(podRequests(other.pod))) used[name] = (used[name] ?? 0) + amount;
  }
  const full = Object.keys(wanted).find(name => wanted[name]! + (used[name] ?? 0) > (allocatable[name] ?? 0));
  return full === undefined
    ? undefined
    : {
        reason: 'Deferred',
        message: `Node didn't have enough resource: ${full}, requested: ${wanted[full]}, used: ${used[full] ?? 0}, capacity: ${allocatable[full]}`,
      };
}

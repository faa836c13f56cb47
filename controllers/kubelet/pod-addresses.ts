import type {Clock} from '../../server/api/clock.ts';
import {createAddressPool} from '../support/addresses.ts';
import type {Host} from './hosts.ts';
import type {PodRecord} from './pod-record.ts';

/** How long a node may go without a network before its pods get addresses of a common one, in milliseconds. */
export const NETWORK_WAIT = 2000;
const COMMON_NETWORK = '100.64.0.0/10';

/** Gives pods addresses of their node's network. */
export interface PodAddresses {
  /** False while the node has none to give. */
  assign(record: PodRecord, host: Host): boolean;
  /** The pod has its address already. */
  reserve(record: PodRecord, host: Host): void;
  release(record: PodRecord, host: Host | undefined): void;
}

export function createPodAddresses(clock: Clock): PodAddresses {
  const common = createAddressPool(COMMON_NETWORK);
  return {
    assign(record, host) {
      if (record.podIP === undefined) {
        const late = clock.now() >= host.since + NETWORK_WAIT;
        const address = record.pod.spec.hostNetwork ? host.ip : (host.addresses() ?? (late ? common : undefined))?.take();
        if (address !== undefined) record.podIP = address;
      }
      return record.podIP !== undefined;
    },
    reserve({podIP}, host) {
      if (podIP === undefined) return;
      for (const pool of [host.addresses(), common]) pool?.reserve(podIP);
    },
    release({podIP, pod}, host) {
      if (podIP === undefined || pod.spec.hostNetwork) return;
      for (const pool of [host?.addresses(), common]) pool?.release(podIP);
    },
  };
}

import type {Endpoint, Node, Service} from '../server/api/kinds.generated.ts';
import {milliValue} from '../server/api/quantity.ts';
import {nodeCondition} from './node-lifecycle-plan.ts';

// Which zones an endpoint is for, when a Service asks for hints by the zones' share of CPU (k8s.io/endpointslice/topologycache).

const ZONE = 'topology.kubernetes.io/zone';
const MODES = ['service.kubernetes.io/topology-mode', 'service.kubernetes.io/topology-aware-hints'];
const EXCLUDED = ['node-role.kubernetes.io/control-plane', 'node-role.kubernetes.io/master'];
/** How much more than its share an endpoint may get. */
const OVERLOAD = 0.2;

export function wantsTopologyHints({metadata: {annotations = {}}}: Service): boolean {
  const mode = MODES.map(name => annotations[name]).find(value => value !== undefined);
  return mode === 'Auto' || mode === 'auto';
}

/** What a node adds to its zone; equal values make no difference. */
export const zoneShareOf = (node: Node): string =>
  [node.metadata.labels?.[ZONE], node.status?.allocatable?.cpu, nodeCondition(node, 'Ready')?.status].join();

/** The share that each zone has of the CPU of all ready workers; undefined: not all say, or there is one zone only. */
export function zoneShares(nodes: readonly Node[]): Map<string, number> | undefined {
  const cpu = new Map<string, number>();
  for (const node of nodes) {
    const {labels = {}} = node.metadata;
    if (EXCLUDED.some(label => label in labels) || nodeCondition(node, 'Ready')?.status !== 'True') continue;
    const [zone, own] = [labels[ZONE], milliValue((node.status?.allocatable?.cpu as string | undefined) ?? '0')];
    if (!zone || own === 0) return undefined;
    cpu.set(zone, (cpu.get(zone) ?? 0) + own);
  }
  const total = [...cpu.values()].reduce((sum, own) => sum + own, 0);
  return cpu.size < 2 ? undefined : new Map([...cpu].sort(byName).map(([zone, own]) => [zone, own / total]));
}

const byName = ([a]: [string, number], [b]: [string, number]): number => (a < b ? -1 : 1);

/** The endpoints with hints for zones where they are ready, or why there can be none. */
export function hintZones(endpoints: readonly Endpoint[], shares: Map<string, number> | undefined): Endpoint[] | string {
  const ready = endpoints.filter(isReady);
  const wanted = allocate(ready.length, shares);
  if (typeof wanted === 'string') return wanted;
  if (ready.some(({zone}) => !zone)) return 'One or more endpoints do not have a zone specified';
  const given = new Map<string, number>();
  for (const {zone} of ready) add(given, zone!, 1);
  const moves = planMoves(wanted, given);
  return endpoints.map(endpoint => {
    if (!isReady(endpoint)) return endpoint;
    const index = moves.findIndex(({from}) => from === endpoint.zone);
    const [move] = index < 0 ? [] : moves.splice(index, 1);
    return {...endpoint, hints: {forZones: [{name: move?.to ?? endpoint.zone!}]}};
  });
}

const isReady = ({conditions}: Endpoint): boolean => conditions?.ready === true;

const add = (counts: Map<string, number>, zone: string, more: number): void => void counts.set(zone, (counts.get(zone) ?? 0) + more);

/** How many endpoints each zone should have, which may be a fraction; or why that is not possible. */
function allocate(count: number, shares: Map<string, number> | undefined): Map<string, number> | string {
  if (!shares) return 'Insufficient Node information: allocatable CPU or zone not specified on one or more nodes';
  const numbers = `(${count} endpoints, ${shares.size} zones)`;
  if (shares.size > count) return `Insufficient number of endpoints ${numbers}`;
  const least = (share: number) => Math.ceil(share * count * (1 / (1 + OVERLOAD)));
  if ([...shares.values()].reduce((sum, share) => sum + least(share), 0) > count)
    return `Unable to allocate minimum required endpoints to each zone without exceeding overload threshold ${numbers}`;
  return new Map([...shares].map(([zone, share]) => [zone, Math.max(share * count, least(share))]));
}

/** Which zones give endpoints to which, one by one, those that have and lack most first. */
function planMoves(wanted: ReadonlyMap<string, number>, given: ReadonlyMap<string, number>): {from: string; to: string}[] {
  const surplus = new Map([...wanted].map(([zone, target]) => [zone, (given.get(zone) ?? 0) - target]));
  const moves: {from: string; to: string}[] = [];
  for (;;) {
    const [from, most] = [...surplus].sort((a, b) => b[1] - a[1])[0]!;
    const [to, least] = [...surplus].sort((a, b) => a[1] - b[1])[0]!;
    if (most < 0.5 || least > -0.5 || (most < 1 && least > -1)) return moves;
    moves.push({from, to});
    add(surplus, from, -1);
    add(surplus, to, 1);
  }
}

import type {
  AllocationResult,
  Device,
  DeviceAllocationConfiguration,
  DeviceClass,
  DeviceRequest,
  DeviceRequestAllocationResult,
  DeviceSelector,
  DeviceToleration,
  ExactDeviceRequest,
  ResourceResourceClaim,
  ResourceSlice,
} from '../../server/api/kinds.generated.ts';
import {DEVICE_ENVIRONMENT, deviceValue} from '../../server/schema/cel/device-environment.ts';
import {CALL_LIMIT, compile} from '../../server/schema/cel/environment.ts';
import type {NodeInfo} from './framework.ts';
import {matchesNodeSelector} from './node-selector.ts';
import {findUntoleratedTaint} from './taints.ts';

// Which devices a claim gets on a node (k8s.io/dynamic-resource-allocation/structured). Shared counters and capacities are not told apart.

/** Devices that may be had, and what they are asked for by. */
export interface DeviceWorld {
  slices: readonly ResourceSlice[];
  deviceClass(name: string): DeviceClass | undefined;
  /** Ids (deviceId) of devices that somebody has. */
  taken: ReadonlySet<string>;
}

export const deviceId = ({driver, pool, device}: Pick<DeviceRequestAllocationResult, 'driver' | 'pool' | 'device'>): string =>
  `${driver}/${pool}/${device}`;

interface Candidate {
  driver: string;
  pool: string;
  device: Device;
  /** Of this node alone. */
  local: boolean;
}

/** One wish of a claim: so many devices that fit, or all that do. */
interface Wish {
  request: string;
  from: Candidate[];
  count: number;
  ask: Pick<ExactDeviceRequest, 'adminAccess' | 'tolerations' | 'deviceClassName'>;
}

interface Choice {
  wish: Wish;
  candidate: Candidate;
}

/** What each claim, by uid, gets on the node; undefined: there is not enough. */
export function allocateDevices(
  claims: readonly ResourceResourceClaim[],
  node: NodeInfo,
  world: DeviceWorld,
): Map<string, AllocationResult> | undefined {
  const taken = new Set(world.taken);
  const results = new Map<string, AllocationResult>();
  const candidates = candidatesOn(node, world.slices);
  for (const claim of claims) {
    const choices = allocateClaim(claim, candidates, world, taken);
    if (!choices) return undefined;
    for (const {wish, candidate} of choices) if (!wish.ask.adminAccess) taken.add(idOf(candidate));
    results.set(claim.metadata.uid!, resultOf(claim, choices, node, world));
  }
  return results;
}

const idOf = ({driver, pool, device}: Candidate): string => deviceId({driver, pool, device: device.name});

/** The devices of pools that are complete, as their newest generation has them. */
function candidatesOn(node: NodeInfo, slices: readonly ResourceSlice[]): Candidate[] {
  const pools = new Map<string, ResourceSlice[]>();
  for (const slice of slices) {
    const key = `${slice.spec.driver}/${slice.spec.pool.name}`;
    const [known] = pools.get(key) ?? [];
    const newer = slice.spec.pool.generation - (known?.spec.pool.generation ?? -1);
    if (newer > 0) pools.set(key, [slice]);
    else if (newer === 0) pools.get(key)!.push(slice);
  }
  const complete = [...pools.values()].filter(pool => pool.length === pool[0]!.spec.pool.resourceSliceCount);
  return complete
    .flat()
    .flatMap(({spec}) =>
      (spec.devices ?? [])
        .filter(device => isOn(spec.perDeviceNodeSelection ? device : spec, node))
        .map(device => ({driver: spec.driver, pool: spec.pool.name, device, local: !(spec.allNodes || device.allNodes)})),
    );
}

const isOn = ({nodeName, allNodes, nodeSelector}: Pick<Device, 'nodeName' | 'allNodes' | 'nodeSelector'>, node: NodeInfo): boolean =>
  nodeName === node.name || allNodes === true || (nodeSelector !== undefined && matchesNodeSelector(nodeSelector, node));

function allocateClaim(
  claim: ResourceResourceClaim,
  candidates: readonly Candidate[],
  world: DeviceWorld,
  taken: ReadonlySet<string>,
): Choice[] | undefined {
  const options = (claim.spec.devices?.requests ?? []).map(request => wishesOf(request, candidates, world, taken));
  return choose(claim, options, [], taken);
}

/** The alternatives of a request, the best first. */
function wishesOf(
  {name, exactly, firstAvailable = []}: DeviceRequest,
  candidates: readonly Candidate[],
  world: DeviceWorld,
  taken: ReadonlySet<string>,
): Wish[] {
  const asks = exactly ? [{request: name, ask: exactly}] : firstAvailable.map(ask => ({request: `${name}/${ask.name}`, ask}));
  return asks.flatMap(({request, ask}) => {
    const deviceClass = world.deviceClass(ask.deviceClassName);
    if (!deviceClass) return [];
    const selectors = [...(deviceClass.spec.selectors ?? []), ...(ask.selectors ?? [])];
    const fitting = candidates.filter(candidate => matches(selectors, candidate) && tolerates(ask.tolerations, candidate));
    const isAdmin = 'adminAccess' in ask && ask.adminAccess === true;
    const free = fitting.filter(candidate => isAdmin || !taken.has(idOf(candidate)));
    if (ask.allocationMode !== 'All') return [{request, ask, from: free, count: ask.count ?? 1}];
    return fitting.length > 0 && free.length === fitting.length ? [{request, ask, from: free, count: free.length}] : [];
  });
}

const tolerates = (tolerations: readonly DeviceToleration[] | undefined, {device}: Candidate): boolean =>
  findUntoleratedTaint(device.taints as never, tolerations as never, ['NoSchedule', 'NoExecute']) === undefined;

/** An expression that fails matches nothing. */
function matches(selectors: readonly DeviceSelector[], {driver, device}: Candidate): boolean {
  return selectors.every(({cel}) => {
    const compiled = compile(DEVICE_ENVIRONMENT, cel?.expression ?? 'true');
    if ('error' in compiled) return false;
    return compiled.program.evaluate(name => (name === 'device' ? deviceValue(driver, device) : undefined), CALL_LIMIT).value === true;
  });
}

/** Tries one alternative after the other, and one device after the other, until all constraints hold. */
function choose(
  claim: ResourceResourceClaim,
  options: readonly (readonly Wish[])[],
  chosen: readonly Choice[],
  taken: ReadonlySet<string>,
): Choice[] | undefined {
  const [wishes, ...rest] = options;
  if (!wishes) return [...chosen];
  for (const wish of wishes) {
    const found = chooseDevices(claim, wish, 0, wish.count, chosen, taken, all => choose(claim, rest, all, taken));
    if (found) return found;
  }
  return undefined;
}

function chooseDevices(
  claim: ResourceResourceClaim,
  wish: Wish,
  first: number,
  left: number,
  chosen: readonly Choice[],
  taken: ReadonlySet<string>,
  goOn: (chosen: readonly Choice[]) => Choice[] | undefined,
): Choice[] | undefined {
  if (left === 0) return goOn(chosen);
  for (let i = first; i + left <= wish.from.length; i++) {
    const candidate = wish.from[i]!;
    const isFree = wish.ask.adminAccess || !chosen.some(other => other.candidate === candidate && !other.wish.ask.adminAccess);
    const all = [...chosen, {wish, candidate}];
    if (!isFree || !holds(claim, all)) continue;
    const found = chooseDevices(claim, wish, i + 1, left - 1, all, taken, goOn);
    if (found) return found;
  }
  return undefined;
}

function holds({spec}: ResourceResourceClaim, chosen: readonly Choice[]): boolean {
  return (spec.devices?.constraints ?? []).every(({requests = [], matchAttribute, distinctAttribute}) => {
    const concerned = chosen.filter(({wish: {request}}) => requests.length === 0 || requests.some(name => isOf(request, name)));
    const values = concerned.map(({candidate}) => attributeOf(candidate, (matchAttribute ?? distinctAttribute)!));
    if (values.includes(undefined)) return false;
    return matchAttribute ? new Set(values).size <= 1 : new Set(values).size === values.length;
  });
}

/** A constraint may name a request or one of its alternatives. */
const isOf = (request: string, name: string): boolean => request === name || request.startsWith(`${name}/`);

function attributeOf({driver, device: {attributes = {}}}: Candidate, name: string): string | undefined {
  const [domain, id = ''] = name.split('/');
  const value = attributes[name] ?? (domain === driver ? attributes[id] : undefined);
  return value && JSON.stringify(value);
}

function resultOf({spec}: ResourceResourceClaim, chosen: readonly Choice[], node: NodeInfo, world: DeviceWorld): AllocationResult {
  const results = chosen.map(({wish: {request, ask}, candidate: {driver, pool, device}}) => ({
    request,
    driver,
    pool,
    device: device.name,
    ...(ask.adminAccess && {adminAccess: true}),
    ...(ask.tolerations && {tolerations: ask.tolerations}),
  }));
  const config: DeviceAllocationConfiguration[] = [];
  for (const wish of new Set(chosen.map(choice => choice.wish)))
    for (const {opaque} of world.deviceClass(wish.ask.deviceClassName)?.spec.config ?? [])
      config.push({source: 'FromClass', requests: [wish.request], ...(opaque && {opaque})});
  for (const own of spec.devices?.config ?? []) config.push({source: 'FromClaim', ...own});
  const here = {nodeSelectorTerms: [{matchFields: [{key: 'metadata.name', operator: 'In', values: [node.name]}]}]};
  return {
    devices: {results, ...(config.length > 0 && {config})},
    ...(chosen.some(({candidate}) => candidate.local) && {nodeSelector: here}),
  };
}

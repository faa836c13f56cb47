import type {Container, LoadBalancerIngress} from '../api/kinds.generated.ts';
import type {KubeObject} from '../api/object.ts';
import {parseTime} from '../api/time.ts';

/*
 * What Table cells are made of (k8s.io/kubernetes pkg/printers/internalversion/printers.go). Cells are printed of whatever a client may
 * have stored, and of the nearly empty objects of bookmarks: every part of an object may be missing.
 */

export type Cell = string | number | boolean | null;

/** Prints a cell; `now` is cluster time in milliseconds. */
export type PrintCell<T> = (object: Partial<T>, now: number) => Cell;

/**
 * A column of a kind. `describedBy` names the field whose documentation describes it, `PodSpec.nodeName`, of the kind's own API group
 * version, or `api.rbac.v1beta1.RoleBinding.roleRef` of another one; some have a description of their own and name none. A cell without column has no name.
 */
export interface PrintedColumn {
  readonly name: string;
  readonly print: PrintCell<KubeObject>;
  readonly describedBy: string | undefined;
}

/** The columns of a group's kinds, in order. */
export type ColumnsByKind = {readonly [kind: string]: readonly PrintedColumn[]};

export const column = <T>(name: string, print: PrintCell<T>, describedBy?: string): PrintedColumn => ({
  name,
  print: print as unknown as PrintCell<KubeObject>,
  describedBy,
});

export const NAME = column<KubeObject>('Name', object => object.metadata?.name ?? '', 'ObjectMeta.name');
export const AGE = column<KubeObject>('Age', (object, now) => age(object.metadata?.creationTimestamp, now), 'ObjectMeta.creationTimestamp');
/** What kinds without printer have beside their name. */
export const CREATED_AT = column<KubeObject>(
  'Created At',
  object => object.metadata?.creationTimestamp ?? null,
  'ObjectMeta.creationTimestamp',
);

export const NONE = '<none>';
export const UNKNOWN = '<unknown>';
export const UNSET = '<unset>';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

/** How long ago an RFC 3339 time was. */
export const age = (time: string | null | undefined, now: number): string => (time ? humanDuration(now - parseTime(time)) : UNKNOWN);

/** k8s.io/apimachinery/pkg/util/duration.HumanDuration: two units at most, coarser the longer. */
export function humanDuration(milliseconds: number): string {
  const seconds = Math.trunc(milliseconds / SECOND);
  if (seconds < -1) return '<invalid>';
  if (seconds < 0) return '0s';
  if (seconds < 120) return `${seconds}s`;
  const minutes = Math.floor(milliseconds / MINUTE);
  if (minutes < 10) return units(minutes, 'm', seconds % 60, 's');
  if (minutes < 180) return `${minutes}m`;
  const hours = Math.floor(milliseconds / HOUR);
  if (hours < 8) return units(hours, 'h', minutes % 60, 'm');
  if (hours < 48) return `${hours}h`;
  const days = Math.floor(hours / 24);
  if (days < 8) return units(days, 'd', hours % 24, 'h');
  if (days < 365 * 2) return `${days}d`;
  const years = Math.floor(days / 365);
  return days < 365 * 8 ? units(years, 'y', days % 365, 'd') : `${years}y`;
}

const units = (big: number, bigUnit: string, small: number, smallUnit: string): string =>
  small === 0 ? `${big}${bigUnit}` : `${big}${bigUnit}${small}${smallUnit}`;

/** `a=b,c=d`, by key; `<none>` for none. */
export function formatLabels(labels: {readonly [key: string]: string} | undefined): string {
  const pairs = Object.entries(labels ?? {}).map(([key, value]) => `${key}=${value}`);
  return pairs.length === 0 ? NONE : pairs.sort().join(',');
}

/** The first `most` of a list, and how many more there are; `empty` for an empty one. */
export function formatList(list: readonly string[], most: number, empty: string, separator = ','): string {
  if (list.length === 0) return empty;
  const shown = list.slice(0, most).join(separator);
  return list.length > most ? `${shown} + ${list.length - most} more...` : shown;
}

/** `True`, `False` or `<unset>`, as Go prints a *bool. */
export const formatBool = (value: boolean | undefined): string => (value === undefined ? UNSET : value ? 'True' : 'False');

export const count = (values: object | undefined): number => Object.keys(values ?? {}).length;

export const orNone = (text: string | undefined): string => text || NONE;
export const orUnknown = (text: string | undefined): string => text || UNKNOWN;

/** The Containers and Images columns of a pod template. */
export const containerNames = (containers: readonly Container[] | undefined): string => (containers ?? []).map(({name}) => name).join(',');
export const containerImages = (containers: readonly Container[] | undefined): string =>
  (containers ?? []).map(({image}) => image ?? '').join(',');

/** `RWO,ROX` in a fixed order, each mode once. */
export const formatAccessModes = (modes: readonly string[] | undefined): string =>
  ACCESS_MODES.filter(([mode]) => modes?.includes(mode))
    .map(([, short]) => short)
    .join(',');

const ACCESS_MODES = [
  ['ReadWriteOnce', 'RWO'],
  ['ReadOnlyMany', 'ROX'],
  ['ReadWriteMany', 'RWX'],
  ['ReadWriteOncePod', 'RWOP'],
] as const;

/** Addresses and host names of a load balancer, sorted, each once. */
export const formatIngressPoints = (points: readonly Pick<LoadBalancerIngress, 'ip' | 'hostname'>[] | undefined): string =>
  [...new Set((points ?? []).map(({ip, hostname}) => ip || hostname || '').filter(text => text !== ''))].sort().join(',');

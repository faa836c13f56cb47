import type {Descriptions} from '../../openapi/descriptions.ts';
import type {ColumnFact, Facts} from '../../openapi/facts.ts';
import type {JsonObject} from '../api/json.ts';
import type {GroupVersionKind, KubeObject} from '../api/object.ts';
import {formatGroupVersion} from '../api/object.ts';
import {columns as admissionregistration} from './admissionregistration/columns.ts';
import {columns as apiregistration} from './apiregistration/columns.ts';
import {columns as apps} from './apps/columns.ts';
import {columns as autoscaling} from './autoscaling/columns.ts';
import {columns as batch} from './batch/columns.ts';
import {columns as certificates} from './certificates/columns.ts';
import {columns as coordination} from './coordination/columns.ts';
import {columns as core} from './core/columns.ts';
import {podRowConditions} from './core/pod-columns.ts';
import {columns as discovery} from './discovery/columns.ts';
import {columns as events} from './events/columns.ts';
import {columns as flowcontrol, flowSchemaOrder} from './flowcontrol/columns.ts';
import {columns as networking} from './networking/columns.ts';
import {columns as node} from './node/columns.ts';
import {columns as policy} from './policy/columns.ts';
import type {ColumnsByKind, PrintedColumn} from './printing.ts';
import {CREATED_AT, NAME} from './printing.ts';
import {columns as rbac} from './rbac/columns.ts';
import {columns as resource} from './resource/columns.ts';
import type {Column} from './resource.ts';
import {columns as scheduling} from './scheduling/columns.ts';
import {columns as storage} from './storage/columns.ts';

const PRINTED: {readonly [group: string]: ColumnsByKind} = {
  '': core,
  'admissionregistration.k8s.io': admissionregistration,
  'apiregistration.k8s.io': apiregistration,
  apps,
  autoscaling,
  batch,
  'certificates.k8s.io': certificates,
  'coordination.k8s.io': coordination,
  'discovery.k8s.io': discovery,
  'events.k8s.io': events,
  'flowcontrol.apiserver.k8s.io': flowcontrol,
  'networking.k8s.io': networking,
  'node.k8s.io': node,
  policy,
  'rbac.authorization.k8s.io': rbac,
  'resource.k8s.io': resource,
  'scheduling.k8s.io': scheduling,
  'storage.k8s.io': storage,
};

/** Conditions of Table rows, by hub group and kind. */
export const rowConditions: {readonly [groupKind: string]: (object: KubeObject) => JsonObject[] | undefined} = {
  '/Pod': podRowConditions,
};

/** In what order Tables show a list, by hub group and kind. */
export const rowOrders: {readonly [groupKind: string]: (a: KubeObject, b: KubeObject) => number} = {
  'flowcontrol.apiserver.k8s.io/FlowSchema': flowSchemaOrder,
};

const META = 'apimachinery.pkg.apis.meta.v1.';
const CORE = 'api.core.v1.';

/** The texts of fields, read when they are first asked for; '' where there are none. */
export type Describe = (definition: string, field: string) => string;

export function createDescribe(load: () => Descriptions | undefined): Describe {
  let descriptions: Descriptions | undefined;
  return (definition, field) => {
    descriptions ??= load() ?? {};
    return descriptions[definition]?.[field] ?? '';
  };
}

/** The Table columns of a built-in kind: names, types and order of the facts, cells of `resources/<group>/columns.ts`. `hub` is what cells get. */
export function columnsOf(
  hub: GroupVersionKind,
  rows: readonly ColumnFact[] | undefined,
  facts: Facts,
  describe: Describe,
): readonly Column[] {
  const printed = PRINTED[hub.group]?.[hub.kind] ?? [NAME, CREATED_AT];
  const definitions = `${facts.protobufPackages[formatGroupVersion(hub)] ?? ''}.`;
  return printed.map((column, i): Column => {
    const [name = '', type = 'string', format = '', priority = 0] = rows?.[i] ?? [column.name];
    return {
      name,
      type,
      format,
      priority,
      get description() {
        return descriptionOf(column, definitions, describe);
      },
      cell: column.print,
    };
  });
}

function descriptionOf({describedBy}: PrintedColumn, definitions: string, describe: Describe): string {
  const [definition = '', field = ''] = (describedBy ?? '').split(/\.(?=[^.]*$)/);
  if (definition === '') return '';
  const text = describe(fullName(definition, definitions), field);
  // Documents go on to list the values; Tables do not.
  return text.split('\n\nPossible enum values:')[0]!;
}

function fullName(definition: string, definitions: string): string {
  if (definition === 'ObjectMeta') return META + definition;
  if (definition.startsWith('core.')) return CORE + definition.slice('core.'.length);
  return definition.startsWith('api.') ? definition : definitions + definition;
}

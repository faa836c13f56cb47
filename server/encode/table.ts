import type {JsonObject} from '../api/json.ts';
import type {KubeObject} from '../api/object.ts';
import type {FormResource} from '../request/request.ts';
import type {Resource} from '../resources/resource.ts';
import type {Entry} from '../storage/types.ts';
import type {MetaVersion} from './partial.ts';
import {partialBytes, toPartial} from './partial.ts';

/** How much of each object goes along with its row. */
export type IncludeObject = 'None' | 'Metadata' | 'Object';

export interface TableOptions {
  apiVersion: MetaVersion;
  includeObject: IncludeObject;
  /** Cluster time, for ages. */
  now: number;
  /** Watches tell the columns with their first event only. */
  definitions: boolean;
}

/** A metav1.Table of objects in the hub version (k8s.io/apiserver/pkg/registry/rest/table.go, endpoints/handlers/response.go). */
export const toTable = (
  resource: FormResource,
  objects: readonly KubeObject[],
  metadata: JsonObject,
  options: TableOptions,
): JsonObject => ({
  ...head(resource, metadata, options),
  rows: objects.map(object => {
    const {includeObject, apiVersion, now} = options;
    const shown = {
      None: () => null,
      Metadata: () => toPartial(resource, object, apiVersion),
      Object: () => resource.view.fromHub(object),
    };
    return {...row(resource, object, now), object: shown[includeObject]()};
  }),
});

/** The JSON of toTable, put together from what the entries keep: a piece or two for each. */
export function* tablePieces(
  resource: Resource,
  entries: readonly Entry[],
  metadata: JsonObject,
  options: TableOptions,
): Generator<Buffer, void> {
  let text = JSON.stringify({...head(resource, metadata, options), rows: []}).slice(0, -2);
  for (const [i, entry] of entries.entries()) {
    text += `${i > 0 ? ',' : ''}${JSON.stringify(row(resource, entry.object, options.now)).slice(0, -1)},"object":`;
    yield Buffer.from(options.includeObject === 'None' ? `${text}null` : text);
    if (options.includeObject !== 'None') yield objectBytes(resource, entry, options);
    text = '}';
  }
  yield Buffer.from(`${text}]}\n`);
}

function head(resource: FormResource, metadata: JsonObject, {apiVersion, definitions}: TableOptions): JsonObject {
  const columns = resource.columns.filter(({name}) => name !== '');
  return {
    kind: 'Table',
    apiVersion,
    metadata,
    columnDefinitions: definitions
      ? columns.map(({name, type, format, description, priority}) => ({name, type, format, description, priority}))
      : null,
  };
}

/** A row but for its object, which comes last. */
function row({columns, rowConditions, custom, view}: FormResource, object: KubeObject, now: number): JsonObject {
  const printed = custom ? view.fromHub(object) : object;
  const conditions = rowConditions?.(printed);
  return {cells: columns.map(column => column.cell(printed, now)), ...(conditions && {conditions})};
}

function objectBytes(resource: Resource, entry: Entry, {includeObject, apiVersion}: TableOptions): Buffer {
  if (includeObject === 'Metadata') return partialBytes(resource, entry, apiVersion);
  const {group, version} = resource.view.hub;
  return group === resource.group && version === resource.version
    ? entry.bytes
    : Buffer.from(JSON.stringify(resource.view.fromHub(entry.glance)));
}

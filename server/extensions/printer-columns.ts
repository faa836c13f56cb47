import type {Json} from '../api/json.ts';
import type {CustomResourceColumnDefinition} from '../api/kinds.generated.ts';
import type {KubeObject} from '../api/object.ts';
import {canonicalTime, parseTime, TimeError} from '../api/time.ts';
import {age, humanDuration} from '../resources/printing.ts';
import type {Column} from '../resources/resource.ts';
import {findAll, parseJsonPath} from './json-path.ts';

const NAME: Column = {
  name: 'Name',
  type: 'string',
  format: 'name',
  description: '',
  priority: 0,
  cell: ({metadata}) => metadata.name ?? '',
};

const AGE: Column = {
  name: 'Age',
  type: 'date',
  format: '',
  description: '',
  priority: 0,
  cell: ({metadata}, now) => age(metadata.creationTimestamp, now),
};

/** The Table columns of a custom kind: its name, then what the CRD names, or its age. */
export function printerColumns(
  definitions: readonly CustomResourceColumnDefinition[] | undefined,
  describe: (field: string) => string,
): Column[] {
  const name = {...NAME, description: describe('name')};
  if (!definitions || definitions.length === 0) return [name, {...AGE, description: describe('creationTimestamp')}];
  return [name, ...definitions.map(printerColumn)];
}

function printerColumn({name, type, format, description, priority, jsonPath}: CustomResourceColumnDefinition): Column {
  const path = parseJsonPath(jsonPath) ?? [];
  return {
    name,
    type,
    format: format ?? '',
    description: description ?? `Custom resource definition column (in JSONPath format): ${jsonPath}`,
    priority: priority ?? 0,
    cell: (object: KubeObject, now) => cell(findAll(object, path), type, now),
  };
}

/** The first value, if it is of the column's type, or null (tableconvertor.go). */
function cell(values: Json[], type: string, now: number): string | number | boolean | null {
  const [value] = values;
  if (value === undefined || value === null) return null;
  switch (type) {
    case 'integer':
      return typeof value === 'number' ? Math.trunc(value) : null;
    case 'number':
      return typeof value === 'number' ? value : null;
    case 'boolean':
      return typeof value === 'boolean' ? value : null;
    case 'date':
      return typeof value === 'string' ? dateCell(value, now) : null;
    default:
      return text(value);
  }
}

/** Text that is no time is told so; none at all counts as an unknown one. */
function dateCell(value: string, now: number): string {
  if (value === '' || value === 'null') return '<unknown>';
  try {
    return humanDuration(now - parseTime(canonicalTime(value)));
  } catch (error) {
    if (error instanceof TimeError) return '<invalid>';
    throw error;
  }
}

const text = (value: Json): string => (typeof value === 'string' ? value : JSON.stringify(value));

import type {DeleteOptions} from '../api/client.ts';
import type {FieldError} from '../api/field.ts';
import {forbiddenField, invalid, invalidObject, notSupported, required} from '../api/field.ts';
import type {JsonObject} from '../api/json.ts';
import {validateManager} from '../api/manager.ts';
import type {FieldRequirement, LabelRequirements} from '../api/selectors.ts';
import {parseFieldSelector, parseLabelSelector} from '../api/selectors.ts';
import {badRequest} from '../api/status.ts';
import {queryFlag} from './info.ts';

/** CreateOptions, UpdateOptions and PatchOptions in one. */
export interface WriteQuery {
  readonly dryRun: boolean;
  readonly fieldManager: string;
  readonly fieldValidation: 'Ignore' | 'Warn' | 'Strict';
  readonly force: boolean;
  /** What hooks are shown of it. */
  readonly options: JsonObject;
}

type OptionsKind = 'CreateOptions' | 'UpdateOptions' | 'PatchOptions' | 'DeleteOptions' | 'ListOptions';

const refuse = (kind: OptionsKind, errors: FieldError[]): void => {
  if (errors.length > 0) throw invalidObject({group: 'meta.k8s.io', kind}, '', errors);
};

/** Reads and checks what a write may be asked for; `apply` is the server-side apply patch type. */
export function writeQuery(query: URLSearchParams, kind: 'CreateOptions' | 'UpdateOptions' | 'PatchOptions', apply = false): WriteQuery {
  const fieldManager = query.get('fieldManager') ?? '';
  const fieldValidation = query.get('fieldValidation') ?? '';
  const dryRun = query.getAll('dryRun');
  const force = query.has('force');
  if (query.size > 0 || apply) {
    const errors: FieldError[] = [];
    if (kind === 'PatchOptions') {
      if (apply && fieldManager === '') errors.push(required('fieldManager', 'is required for apply patch'));
      if (!apply && force) errors.push(forbiddenField('force', 'may not be specified for non-apply patch'));
    }
    errors.push(...validateManager(fieldManager, 'fieldManager'), ...dryRunErrors(dryRun));
    if (!['', 'Ignore', 'Strict', 'Warn'].includes(fieldValidation))
      errors.push(notSupported('fieldValidation', fieldValidation, ['', 'Ignore', 'Strict', 'Warn']));
    refuse(kind, errors);
  }
  return {
    dryRun: dryRun.length > 0,
    fieldManager,
    fieldValidation: fieldValidation === '' ? 'Warn' : (fieldValidation as WriteQuery['fieldValidation']),
    force: queryFlag(query, 'force'),
    options: {
      ...(dryRun.length > 0 && {dryRun}),
      ...(fieldManager !== '' && {fieldManager}),
      ...(fieldValidation !== '' && {fieldValidation}),
    },
  };
}

/** The options of a write as hooks see them: a patch is an update to them, or what it creates. */
export const shownOptions = (kind: 'CreateOptions' | 'UpdateOptions', {options}: WriteQuery): JsonObject => ({
  kind,
  apiVersion: 'meta.k8s.io/v1',
  ...options,
});

function dryRunErrors(values: string[]): FieldError[] {
  return values.every(value => value === 'All') ? [] : [notSupported('dryRun', values, ['All'])];
}

/** An int64 of the query; Go's own parse error as a 400. */
export function queryInteger(query: URLSearchParams, name: string): number | undefined {
  const text = query.get(name);
  if (text === null) return undefined;
  if (!/^[+-]?\d+$/.test(text)) throw badRequest(`strconv.ParseInt: parsing ${JSON.stringify(text)}: invalid syntax`);
  const value = Number(text);
  if (Math.abs(value) > Number.MAX_SAFE_INTEGER) throw badRequest(`strconv.ParseInt: parsing ${JSON.stringify(text)}: value out of range`);
  return value;
}

/** DeleteOptions of the query, used when the request has no body. */
export function deleteQuery(query: URLSearchParams): DeleteOptions & {orphanDependents?: boolean} {
  const gracePeriodSeconds = queryInteger(query, 'gracePeriodSeconds');
  const propagationPolicy = query.get('propagationPolicy');
  const orphanDependents = query.has('orphanDependents') ? queryFlag(query, 'orphanDependents') : undefined;
  const options = {
    ...(gracePeriodSeconds !== undefined && {gracePeriodSeconds}),
    ...(propagationPolicy !== null && {propagationPolicy: propagationPolicy as DeleteOptions['propagationPolicy']}),
    ...(orphanDependents !== undefined && {orphanDependents}),
  };
  return checkDeleteOptions({...options, ...(query.has('dryRun') && {dryRun: query.getAll('dryRun')})});
}

/** Checks DeleteOptions from a body or a query and folds `dryRun: [All]` into a boolean. */
export function checkDeleteOptions(
  options: Omit<DeleteOptions, 'dryRun'> & {orphanDependents?: boolean; dryRun?: string[]},
): DeleteOptions & {orphanDependents?: boolean} {
  const {dryRun = [], ...rest} = options;
  const errors: FieldError[] = [];
  const policy = options.propagationPolicy as string | undefined;
  if (options.orphanDependents !== undefined && policy !== undefined) {
    errors.push(invalid('propagationPolicy', policy, 'orphanDependents and deletionPropagation cannot be both set'));
  }
  if (policy !== undefined && !['Orphan', 'Background', 'Foreground'].includes(policy)) {
    errors.push(notSupported('propagationPolicy', policy, ['Foreground', 'Background', 'Orphan', 'nil']));
  }
  errors.push(...dryRunErrors(dryRun));
  refuse('DeleteOptions', errors);
  return {...rest, dryRun: dryRun.length > 0};
}

/** ListOptions as list, watch and deletecollection read them. */
export interface ListQuery {
  readonly labels: LabelRequirements;
  readonly fields: readonly FieldRequirement[];
  readonly resourceVersion: string;
  readonly resourceVersionMatch: string;
  readonly limit: number;
  readonly continue: string;
  readonly timeoutSeconds: number | undefined;
  readonly allowWatchBookmarks: boolean;
  readonly sendInitialEvents: boolean | undefined;
}

/** Reads and checks ListOptions (k8s.io/apimachinery/pkg/apis/meta/internalversion/validation); selectors have to be readable before anything is checked. */
export function listQuery(query: URLSearchParams, watch: boolean): ListQuery {
  const options: ListQuery = {
    resourceVersion: query.get('resourceVersion') ?? '',
    resourceVersionMatch: query.get('resourceVersionMatch') ?? '',
    limit: queryInteger(query, 'limit') ?? 0,
    continue: query.get('continue') ?? '',
    timeoutSeconds: queryInteger(query, 'timeoutSeconds'),
    allowWatchBookmarks: queryFlag(query, 'allowWatchBookmarks'),
    sendInitialEvents: query.has('sendInitialEvents') ? queryFlag(query, 'sendInitialEvents') : undefined,
    labels: parsed(() => parseLabelSelector(query.get('labelSelector') ?? '')),
    fields: parsed(() => parseFieldSelector(query.get('fieldSelector') ?? '')).filter(({field, value}) => field !== '' || value !== ''),
  };
  refuse('ListOptions', watch ? watchErrors(options) : listErrors(options));
  return options;
}

function listErrors({sendInitialEvents, resourceVersionMatch: match, resourceVersion, continue: token}: ListQuery): FieldError[] {
  const errors: FieldError[] = match === '' ? [] : matchErrors(match, resourceVersion, token);
  if (sendInitialEvents !== undefined) errors.push(forbiddenField('sendInitialEvents', 'sendInitialEvents is forbidden for list'));
  return errors;
}

function matchErrors(match: string, resourceVersion: string, token: string): FieldError[] {
  const errors: FieldError[] = [];
  if (resourceVersion === '')
    errors.push(forbiddenField('resourceVersionMatch', 'resourceVersionMatch is forbidden unless resourceVersion is provided'));
  if (token !== '') errors.push(forbiddenField('resourceVersionMatch', 'resourceVersionMatch is forbidden when continue is provided'));
  if (match !== 'Exact' && match !== 'NotOlderThan')
    errors.push(notSupported('resourceVersionMatch', match, ['Exact', 'NotOlderThan', '']));
  if (match === 'Exact' && resourceVersion === '0') {
    errors.push(forbiddenField('resourceVersionMatch', 'resourceVersionMatch "exact" is forbidden for resourceVersion "0"'));
  }
  return errors;
}

function watchErrors({sendInitialEvents, resourceVersionMatch: match, continue: token, resourceVersion}: ListQuery): FieldError[] {
  const errors: FieldError[] = [];
  // A watch from nothing or "0" is defaulted to initial events with a match, which a continue token forbids.
  const defaulted = sendInitialEvents === undefined && match === '' && (resourceVersion === '' || resourceVersion === '0');
  if (sendInitialEvents !== undefined && match !== 'NotOlderThan')
    errors.push(forbiddenField('resourceVersionMatch', 'sendInitialEvents requires setting resourceVersionMatch to NotOlderThan'));
  if (match !== '' || defaulted) {
    if (sendInitialEvents === undefined && !defaulted) {
      errors.push(
        forbiddenField('resourceVersionMatch', 'resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided'),
      );
    }
    if (match !== '' && match !== 'NotOlderThan') errors.push(notSupported('resourceVersionMatch', match, ['NotOlderThan']));
    if (token !== '') errors.push(forbiddenField('resourceVersionMatch', 'resourceVersionMatch is forbidden when continue is provided'));
  }
  return errors;
}

function parsed<T>(parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    throw badRequest((error as Error).message);
  }
}

import type {FieldError} from '../../api/field.ts';
import {invalid, required} from '../../api/field.ts';
import type {Event} from '../../api/kinds.generated.ts';
import {isDNS1123Subdomain, isQualifiedName, longerThan, nameIsPathSegment} from '../../api/names.ts';
import type {KubeObject} from '../../api/object.ts';
import type {InternalShape} from '../internal.ts';
import {internal, pointer, struct} from '../internal.ts';
import type {Strategy} from '../resource.ts';
import {collect, immutable, named} from '../rules.ts';
import {OBJECT_REFERENCE} from './internal-volume.ts';

const FIELDS = ['reason', 'reportingComponent', 'type'] as const;
const INVOLVED = ['kind', 'namespace', 'name', 'uid', 'apiVersion', 'resourceVersion', 'fieldPath'] as const;

/** What both views of events have in common. */
const common: Strategy = {
  generation: 'none',
  allowCreateOnUpdate: true,
  fields(object) {
    const event = object as Event;
    const {involvedObject, source} = event;
    return {
      ...Object.fromEntries(INVOLVED.map(field => [`involvedObject.${field}`, involvedObject?.[field] ?? ''])),
      ...Object.fromEntries(FIELDS.map(field => [field, event[field] ?? ''])),
      source: source?.component || event.reportingComponent || '',
    };
  },
  unknownField: label => `field label not supported: ${label}`,
};

/** core/v1 Events are checked for little (pkg/apis/core/validation/events.go). */
export const event: Strategy = {
  ...common,
  plainFinalizers: true,
  metadataOnUpdate: 'none',
  validateName: nameIsPathSegment,
  validate: object => validateAnyEvent(object as Event, 'reportingComponent'),
  validateUpdate: object => validateAnyEvent(object as Event, 'reportingComponent'),
};

const RENAMED: {readonly [label: string]: string} = {reportingController: 'reportingComponent'};

/** events.k8s.io/v1 Events, in the core form: what the new form has no place for has to be unset, and nothing but the series changes. */
export const eventsEvent: Strategy = {
  ...common,
  metadataOnUpdate: 'update',
  validate: object => collect(validateAnyEvent(object as Event, 'reportingController'), validateNewEvent(object as Event)),
  validateUpdate: (object, old) =>
    collect(validateAnyEvent(object as Event, 'reportingController'), validateEventUpdate(object as Event, old as Event)),
  fieldLabel: label => RENAMED[label] ?? (label.startsWith('regarding.') ? label.replace('regarding', 'involvedObject') : undefined),
};

function validateAnyEvent({metadata, eventTime, involvedObject, ...event}: Event, controllerField: string): FieldError[] {
  const namespace = metadata.namespace ?? '';
  const involved = involvedObject?.namespace ?? '';
  const elsewhere = invalid('involvedObject.namespace', involved, 'does not match event.namespace');
  return collect(
    isSet(eventTime)
      ? collect(
          !involved && namespace !== 'default' && namespace !== 'kube-system' && elsewhere,
          validateReporter(event.reportingComponent ?? '', controllerField),
          validateText(event.reportingInstance, 'reportingInstance', 128),
          validateText(event.action, 'action', 128),
          validateText(event.reason, 'reason', 128),
          longerThan(event.message ?? '', 1024) && invalid('message', '', 'can have at most 1024 characters'),
        )
      : involved
        ? namespace !== involved && elsewhere
        : namespace !== '' && namespace !== 'default' && elsewhere,
    named(namespace, 'namespace', isDNS1123Subdomain),
  );
}

const isSet = (time: string | null | undefined): boolean => time !== undefined && time !== null;

const validateReporter = (name: string, field: string): FieldError[] =>
  collect(!name && required(field), named(name, field, isQualifiedName));

const validateText = (text: string | undefined, field: string, maximum: number): FieldError[] =>
  collect(!text && required(field), longerThan(text ?? '', maximum) && invalid(field, '', `can have at most ${maximum} characters`));

function validateNewEvent(event: Event): FieldError[] {
  const unset = (field: string) => invalid(field, '', 'needs to be unset');
  return collect(
    validateSeries(event),
    !isSet(event.eventTime) && required('eventTime'),
    event.type !== 'Normal' && event.type !== 'Warning' && invalid('type', '', `has invalid value: ${event.type ?? ''}`),
    isSet(event.firstTimestamp) && unset('firstTimestamp'),
    isSet(event.lastTimestamp) && unset('lastTimestamp'),
    event.count && unset('count'),
    (event.source?.component || event.source?.host) && unset('source'),
  );
}

const validateSeries = ({series}: Event): FieldError[] =>
  series
    ? collect(
        (series.count ?? 0) < 2 && invalid('series.count', '', 'should be at least 2'),
        !isSet(series.lastObservedTime) && required('series.lastObservedTime'),
      )
    : [];

// As upstream lists them, one of them twice; the second name is the field's in core/v1.
const FIXED: readonly (readonly [told: string, field: string])[] = [
  ['involvedObject', 'involvedObject'],
  ['reason', 'reason'],
  ['message', 'message'],
  ['source', 'source'],
  ['firstTimestamp', 'firstTimestamp'],
  ['lastTimestamp', 'lastTimestamp'],
  ['count', 'count'],
  ['reason', 'reason'],
  ['type', 'type'],
  ['eventTime', 'eventTime'],
  ['action', 'action'],
  ['related', 'related'],
  ['reportingController', 'reportingComponent'],
  ['reportingInstance', 'reportingInstance'],
];

const TEXTS = new Set(['reason', 'message', 'type', 'action', 'reportingComponent', 'reportingInstance']);

const SHOWN: {readonly [field: string]: InternalShape} = {
  involvedObject: OBJECT_REFERENCE,
  source: struct({component: '', host: ''}),
  related: pointer(OBJECT_REFERENCE),
};

function validateEventUpdate(event: Event, old: Event): FieldError[] {
  const value = (object: KubeObject, field: string): unknown => {
    if (SHOWN[field]) return internal(object[field], SHOWN[field]);
    return TEXTS.has(field) ? (object[field] ?? '') : field === 'count' ? (object[field] ?? 0) : object[field];
  };
  return collect(
    immutable(event.series, old.series, '').length > 0 && validateSeries(event),
    ...FIXED.map(([told, field]) => immutable(value(event as KubeObject, field), value(old as KubeObject, field), told)),
  );
}

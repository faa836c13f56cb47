import assert from 'node:assert/strict';
import type {Event} from '../../../../server/api/kinds.generated.ts';
import {event, eventsEvent} from '../../../../server/resources/core/event.ts';
import {rulesOf} from './support.ts';

const eventOf = (fields: object): Event => ({
  metadata: {name: 'e', namespace: 'default'},
  involvedObject: {namespace: 'default', kind: 'Pod', name: 'p'},
  ...fields,
});
const NEW = {
  eventTime: '2026-01-01T00:00:00.000000Z',
  reportingComponent: 'a.b/c',
  reportingInstance: 'i',
  action: 'Do',
  reason: 'Why',
  type: 'Normal',
};

describe('events', () => {
  const {create} = rulesOf<Event>(event);

  it('are in the namespace of what they are about', () => {
    assert.deepEqual(create(eventOf({})).errors, []);
    assert.deepEqual(create(eventOf({involvedObject: {namespace: 'x'}})).errors, [
      'involvedObject.namespace: Invalid value: "x": does not match event.namespace',
    ]);
  });

  it('of the new sort have to tell more', () => {
    assert.deepEqual(create(eventOf({eventTime: NEW.eventTime})).errors, [
      'reportingComponent: Required value',
      'reportingComponent: Invalid value: "": name part must be non-empty',
      "reportingComponent: Invalid value: \"\": name part must consist of alphanumeric characters, '-', '_' or '.', " +
        "and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', " +
        "regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')",
      'reportingInstance: Required value',
      'action: Required value',
      'reason: Required value',
    ]);
    assert.deepEqual(create(eventOf(NEW)).errors, []);
  });

  it('can be selected by what they are about', () => {
    const fields = event.fields!(
      eventOf({source: {component: 'kubelet'}, reason: 'R'}) as unknown as Parameters<NonNullable<typeof event.fields>>[0],
    );
    assert.equal(fields['involvedObject.name'], 'p');
    assert.equal(fields.source, 'kubelet');
    assert.equal(fields.reason, 'R');
  });
});

describe('events of events.k8s.io', () => {
  const {create, update} = rulesOf<Event>(eventsEvent);

  it('leave unset what is deprecated', () => {
    assert.deepEqual(create(eventOf(NEW)).errors, []);
    assert.deepEqual(create(eventOf({...NEW, type: 'X', count: 1, source: {host: 'h'}})).errors, [
      'type: Invalid value: "": has invalid value: X',
      'count: Invalid value: "": needs to be unset',
      'source: Invalid value: "": needs to be unset',
    ]);
  });

  it('change nothing but their series', () => {
    const {errors} = update(eventOf(NEW), object => {
      object.series = {count: 2, lastObservedTime: NEW.eventTime};
    });
    assert.deepEqual(errors, []);
    assert.deepEqual(
      update(eventOf(NEW), object => {
        object.message = 'm';
      }).errors,
      ['message: Invalid value: "m": field is immutable'],
    );
  });
});

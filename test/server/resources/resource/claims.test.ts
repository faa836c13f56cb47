import assert from 'node:assert/strict';
import type {DeviceClass, ResourceResourceClaim as ResourceClaim} from '../../../../server/api/kinds.generated.ts';
import {resource} from '../../../../server/resources/resource/index.ts';
import {rulesOf} from '../core/support.ts';

describe('resource claims', () => {
  const {create, update} = rulesOf<ResourceClaim>(resource.ResourceClaim!);
  const metadata = {name: 'a', namespace: 'default'};

  it('ask for one device unless told otherwise', () => {
    const {object, errors} = create({metadata, spec: {devices: {requests: [{name: 'r', exactly: {deviceClassName: 'c'}}]}}});
    assert.deepEqual(errors, []);
    assert.deepEqual(object.spec.devices!.requests![0]!.exactly, {deviceClassName: 'c', allocationMode: 'ExactCount', count: 1});
  });

  it('ask in one way', () => {
    assert.deepEqual(create({metadata, spec: {devices: {requests: [{name: 'r'}]}}}).errors, [
      'spec.devices.requests[0]: Required value: exactly one of `exactly` or `firstAvailable` is required',
    ]);
  });

  const asking = (request: object, rest: object = {}) =>
    create({metadata, spec: {devices: {requests: [{name: 'r', ...request}], ...rest}}} as ResourceClaim).errors;

  it('ask in one way only, and nothing else is looked at then', () => {
    const both = {exactly: {deviceClassName: ''}, firstAvailable: [{name: '', deviceClassName: ''}]};
    assert.deepEqual(asking(both), [
      'spec.devices.requests[0]: Invalid value: null: exactly one of `exactly` or `firstAvailable` is required, but multiple fields are set',
    ]);
    assert.match(
      asking({firstAvailable: [{name: '', deviceClassName: 'c'}]})[0]!,
      /^spec\.devices\.requests\[0\]\.firstAvailable\[0\]\.name: Invalid value: "": a lowercase RFC 1123 label/,
    );
  });

  it('bind devices by one attribute', () => {
    const exactly = {deviceClassName: 'c'};
    const told = (constraint: object) => asking({exactly}, {constraints: [constraint]});
    assert.deepEqual(told({distinctAttribute: 'a.b/c'}), []);
    assert.deepEqual(told({matchAttribute: 'a/b/c'}), []);
    assert.deepEqual(told({}), [
      'spec.devices.constraints[0]: Required value: exactly one of "matchAttribute" or "distinctAttribute" is required, but multiple fields are set',
    ]);
    assert.deepEqual(told({matchAttribute: '/c'}), [
      'spec.devices.constraints[0].matchAttribute: Invalid value: "": the domain must not be empty',
    ]);
  });

  it('get devices that others use only in namespaces made for it', () => {
    assert.deepEqual(asking({exactly: {deviceClassName: 'c', adminAccess: true}}), [
      'spec.devices.requests[0].adminAccess: Forbidden: admin access to devices requires the `resource.kubernetes.io/admin-access: true` label on the containing namespace',
    ]);
  });

  it('forget devices that are given back', () => {
    const device = {driver: 'd.example.com', pool: 'p', device: 'a'};
    const claim: ResourceClaim = {
      metadata,
      spec: {devices: {requests: [{name: 'r', exactly: {deviceClassName: 'c'}}]}},
      status: {allocation: {devices: {results: [{request: 'r', ...device}]}}, devices: [device]},
    };
    const {object, errors} = update(
      claim,
      object => {
        delete object.status!.allocation;
      },
      'status',
    );
    assert.deepEqual([errors, object.status], [[], {}]);
  });

  const given = (status: object, claim: object = {}) =>
    update(
      {metadata, spec: {devices: {requests: [{name: 'r', exactly: {deviceClassName: 'c'}}]}}, ...claim} as ResourceClaim,
      object => (object.status = status as ResourceClaim['status']),
      'status',
    ).errors.map(error => error.replace('status.', ''));

  it('are allocated with parameters that are not too long', () => {
    const allocated = (parameters: unknown) =>
      given({allocation: {devices: {config: [{source: 'FromClass', opaque: {driver: 'd.example.com', parameters}}]}}});
    const path = 'allocation.devices.config[0].opaque.parameters';
    assert.deepEqual(allocated({a: 'x'.repeat(10240)}), [`${path}: Too long: may not be more than 10240 bytes`]);
    assert.deepEqual(allocated('x'.repeat(10240)), [`${path}: Too long: may not be more than 10240 bytes`]);
    assert.deepEqual(allocated('x'), [`${path}: Invalid value: "<value omitted>": must be a valid JSON object`]);
  });

  it('are for no one new when they go', () => {
    const consumer = {resource: 'pods', name: 'p', uid: 'u'};
    const going = {metadata: {...metadata, deletionTimestamp: '2026-01-01T00:00:00Z'}, status: {reservedFor: [consumer], allocation: {}}};
    assert.deepEqual(given({allocation: {}, reservedFor: [consumer]}, going), []);
    assert.deepEqual(given({allocation: {}, reservedFor: [{...consumer, name: 'q'}]}, going), [
      'reservedFor: Forbidden: new entries may not be added while `deallocationRequested` or `deletionTimestamp` are set',
    ]);
  });

  it('keep what they ask for', () => {
    const {errors} = update({metadata, spec: {devices: {requests: [{name: 'r', exactly: {deviceClassName: 'c'}}]}}}, object => {
      object.spec.devices!.requests![0]!.exactly!.deviceClassName = 'd';
    });
    assert.match(errors.at(-1)!, /^spec: Invalid value: \{"Devices":.*\}: field is immutable$/);
  });
});

describe('device classes', () => {
  it('are configured by a driver', () => {
    const {create} = rulesOf<DeviceClass>(resource.DeviceClass!);
    const {errors} = create({metadata: {name: 'a'}, spec: {config: [{}]}});
    assert.deepEqual(errors, ['spec.config[0].opaque: Required value']);
  });
});

describe('device selectors', () => {
  const {create} = rulesOf<DeviceClass>(resource.DeviceClass!);
  const errorsOf = (expression: string): string[] =>
    create({metadata: {name: 'a'}, spec: {selectors: [{cel: {expression}}]}}).errors.map(error =>
      error.replace('spec.selectors[0].cel.', ''),
    );

  it('are expressions over a device', () => {
    assert.deepEqual(errorsOf("device.driver == 'd' && device.attributes['d'].model == 'm'"), []);
    assert.deepEqual(errorsOf("device.capacity['d'].memory.compareTo(quantity('1Gi')) >= 0"), []);
    assert.deepEqual(errorsOf("'a'"), [`expression: Invalid value: "'a'": must evaluate to bool or the unknown type, not string`]);
    assert.match(
      errorsOf('nope')[0]!,
      /^expression: Invalid value: "nope": compilation failed: ERROR: <input>:1:1: undeclared reference to 'nope'/,
    );
  });
});

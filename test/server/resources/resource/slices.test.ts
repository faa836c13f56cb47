import assert from 'node:assert/strict';
import type {ResourceSlice} from '../../../../server/api/kinds.generated.ts';
import {resource} from '../../../../server/resources/resource/index.ts';
import {rulesOf} from '../core/support.ts';

const {create, update} = rulesOf<ResourceSlice>(resource.ResourceSlice!);

/** What is told of a slice with these fields, below `spec`. */
const told = (fields: object): string[] =>
  create({
    metadata: {name: 'a'},
    spec: {driver: 'd.example.com', pool: {name: 'p', generation: 1, resourceSliceCount: 1}, allNodes: true, ...fields},
  } as ResourceSlice).errors.map(error => error.replace(/^spec\./, ''));
const ofDevice = (fields: object, slice: object = {}): string[] => told({devices: [{name: 'd', ...fields}], ...slice});
const numbered = (count: number, value: object): object => Object.fromEntries(Array.from({length: count}, (_, i) => [`n${i}`, value]));

describe('resource slices', () => {
  it('are of pools with names of a length', () => {
    const name = 'a.'.repeat(127) + 'a';
    assert.deepEqual(
      told({pool: {name, generation: 1, resourceSliceCount: 1}}).map(error => error.slice(0, 60)),
      ['pool.name: Too long: may not be more than 253 bytes', `pool.name: Invalid value: "${name}`.slice(0, 60)],
    );
  });

  it('count by labels, and not too much', () => {
    assert.match(
      told({sharedCounters: [{name: 'c', counters: {A_b: {value: '1'}}}]})[0]!,
      /^sharedCounters\[0\]\.counters: Invalid value: "A_b": a lowercase RFC 1123 label/,
    );
    assert.deepEqual(told({sharedCounters: [{name: 'c', counters: numbered(33, {value: '1'})}]}), [
      'sharedCounters[0].counters: Too many: 33: must have at most 32 items',
    ]);
    assert.deepEqual(told({sharedCounters: [{name: 'c', counters: {}}]}), ['sharedCounters[0].counters: Required value']);
  });

  it('list counters or devices, and none of both is one of them', () => {
    const either = [': Invalid value: "": only one of `sharedCounters` or `devices` is allowed'];
    assert.deepEqual(
      told({sharedCounters: [], devices: []}).map(error => error.replace(/^spec/, '')),
      either,
    );
  });

  it('say so much of a device', () => {
    assert.deepEqual(ofDevice({attributes: numbered(30, {int: 1}), capacity: numbered(3, {value: '1'})}), [
      'devices[0]: Invalid value: 33: the total number of attributes and capacities must not exceed 32',
    ]);
    const key = 'k'.repeat(100);
    const errors = ofDevice({attributes: {[key]: {}}});
    assert.deepEqual(errors, [
      'devices[0].attributes: Too long: may not be more than 32 bytes',
      `devices[0].attributes[${'k'.repeat(47)}...${'k'.repeat(46)}]: Invalid value: "": exactly one value must be specified`,
    ]);
  });

  it('tell where a device is in one way', () => {
    const slice = {allNodes: undefined, perDeviceNodeSelection: true};
    const one =
      'exactly one of `nodeName`, `nodeSelector`, or `allNodes` is required when `perDeviceNodeSelection` is set to true in the ResourceSlice spec';
    assert.deepEqual(ofDevice({nodeName: 'n', allNodes: true}, slice), [
      `devices[0]: Invalid value: "{\`nodeName\`, \`allNodes\`}": ${one}`,
    ]);
    assert.deepEqual(ofDevice({nodeName: ''}, slice), [
      'devices[0].nodeName: Invalid value: "": must not be empty',
      `devices[0]: Required value: ${one}`,
    ]);
  });

  it('bind devices by conditions that differ', () => {
    assert.deepEqual(ofDevice({bindingConditions: ['a', 'a'], bindingFailureConditions: ['a']}), [
      'devices[0].bindingConditions[1]: Duplicate value: "a"',
      'devices[0].bindingFailureConditions[0]: Invalid value: "a": bindingFailureConditions must not overlap with bindingConditions',
    ]);
  });

  it('share a capacity by values or a range', () => {
    const shared = (requestPolicy: object) =>
      ofDevice({allowMultipleAllocations: true, capacity: {m: {value: '10', requestPolicy}}}).map(error =>
        error.replace('devices[0].capacity[m].requestPolicy', ''),
      );
    assert.deepEqual(shared({validValues: ['1'], validRange: {min: '1'}}), [
      ': Forbidden: exactly one policy can be specified, cannot specify "validValues" and "validRange" at the same time',
    ]);
    assert.deepEqual(shared({validValues: ['1']}), ['.default: Required value: required when validValues is defined']);
    assert.deepEqual(shared({default: '3', validValues: ['2', '1', '1', '20']}), [
      '.validValues[1]: Invalid value: "1": values must be sorted in ascending order',
      '.validValues[3]: Invalid value: "20": option is larger than capacity value: 10',
      '.validValues[2]: Duplicate value: "1"',
      '.validValues: Invalid value: "3": default value is not valid according to the requestPolicy',
    ]);
    assert.deepEqual(shared({default: '9', validRange: {min: '8', max: '7'}}), [
      '.validRange.max: Invalid value: "8": min is larger than max: 7',
      '.validRange.max: Invalid value: "9": default is more than max: 7',
    ]);
  });

  it('count what features that are off would bring as a change', () => {
    const before = {metadata: {name: 'a', generation: 1}, spec: {driver: 'd', pool: {name: 'p'}, devices: [{name: 'd'}]}} as ResourceSlice;
    const {object} = update(before, slice => (slice.spec.devices![0]!.nodeAllocatableResourceMappings = {cpu: {}}));
    assert.deepEqual([object.metadata.generation, object.spec.devices], [2, [{name: 'd'}]]);
    assert.equal(update(before, () => {}).object.metadata.generation, 1);
  });
});

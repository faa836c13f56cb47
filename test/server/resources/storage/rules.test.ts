import assert from 'node:assert/strict';
import type {CSIDriver, StorageClass, VolumeAttachment, VolumeAttributesClass} from '../../../../server/api/kinds.generated.ts';
import {storage} from '../../../../server/resources/storage/index.ts';
import {rulesOf} from '../core/support.ts';

const metadata = {name: 'a'};

describe('storage classes', () => {
  const {create, update} = rulesOf<StorageClass>(storage.StorageClass!);

  it('delete and bind at once unless told otherwise', () => {
    const {object, errors} = create({metadata, provisioner: 'p'});
    assert.deepEqual(errors, []);
    assert.deepEqual([object.reclaimPolicy, object.volumeBindingMode], ['Delete', 'Immediate']);
  });

  it('keep what volumes were made by', () => {
    const {errors} = update({metadata, provisioner: 'p', parameters: {a: 'b'}}, object => {
      object.provisioner = 'q';
      object.parameters = {};
    });
    assert.deepEqual(errors, ['parameters: Invalid value: {}: field is immutable', 'provisioner: Invalid value: "q": field is immutable']);
  });
});

describe('CSI drivers', () => {
  const {create} = rulesOf<CSIDriver>(storage.CSIDriver!);

  it('attach, and live as long as their volumes', () => {
    const {object, errors, warnings} = create({metadata, spec: {tokenRequests: [{audience: ''}]}});
    assert.deepEqual(errors, []);
    assert.deepEqual([object.spec.attachRequired, object.spec.volumeLifecycleModes], [true, ['Persistent']]);
    assert.equal(warnings.length, 1);
  });

  it('ask for tokens that last', () => {
    const {errors} = create({metadata, spec: {tokenRequests: [{audience: '', expirationSeconds: 1}]}});
    assert.match(errors[0]!, /^spec\.tokenRequests\[0\]\.expirationSeconds: Invalid value: 1: /);
  });
});

describe('volume attachments', () => {
  const {create} = rulesOf<VolumeAttachment>(storage.VolumeAttachment!);

  it('have one source', () => {
    const {errors} = create({metadata, spec: {attacher: 'a', nodeName: 'n', source: {}}});
    assert.deepEqual(errors, ['spec.source: Required value: must specify exactly one of inlineVolumeSpec and persistentVolumeName']);
  });

  it('may hold a volume themselves, of which much does not apply', () => {
    const csi = {driver: 'd', volumeHandle: 'h'};
    const told = (spec: object) =>
      create({
        metadata,
        spec: {attacher: 'a', nodeName: 'n', source: {inlineVolumeSpec: {accessModes: ['ReadWriteOnce'], csi, ...spec}}},
      } as VolumeAttachment).errors.map(error => error.replace('spec.source.inlineVolumeSpec.', ''));
    assert.deepEqual(told({}), []);
    assert.deepEqual(told({volumeAttributesClassName: ''}), ['volumeAttributesClassName: Required value: an empty string is disallowed']);
    assert.deepEqual(told({csi: undefined, hostPath: {path: '/'}, persistentVolumeReclaimPolicy: 'Recycle'}), [
      'csi: Required value: has to be specified in the context of inline volumes',
      'persistentVolumeReclaimPolicy: Forbidden: may only be Retain in the context of inline volumes',
      "persistentVolumeReclaimPolicy: Forbidden: may not be 'recycle' for a hostPath mount of '/'",
    ]);
  });
});

describe('volume attributes classes', () => {
  it('are of a driver, in small letters', () => {
    const {create} = rulesOf<VolumeAttributesClass>(storage.VolumeAttributesClass!);
    assert.match(create({metadata, driverName: 'A B', parameters: {a: 'b'}}).errors[0]!, /^driverName: Invalid value: "a b": /);
    assert.deepEqual(create({metadata, driverName: 'A.b/C', parameters: {a: 'b'}}).errors, []);
  });
});

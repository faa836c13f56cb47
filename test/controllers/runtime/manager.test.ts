import assert from 'node:assert/strict';
import {controllers} from '../../../controllers/controllers.ts';
import {controllerNames, isControllerEnabled} from '../../../controllers/runtime/manager.ts';

const enabled = (name: string, list: string) => isControllerEnabled(controllers.find(each => each.name === name)!, list.split(','));

describe('controller manager', () => {
  it('selects controllers as kube-controller-manager does', () => {
    assert.equal(enabled('deployment-controller', '*'), true);
    assert.equal(enabled('deployment-controller', '*,-deployment-controller'), false);
    assert.equal(enabled('deployment-controller', '*,-deployment'), false);
    assert.equal(enabled('deployment-controller', 'replicaset'), false);
    assert.equal(enabled('deployment-controller', 'deployment,-deployment'), true);
    assert.equal(enabled('token-cleaner-controller', '*'), false);
    assert.equal(enabled('token-cleaner-controller', '*,tokencleaner'), true);
    assert.equal(enabled('deployment-controller', 'none'), false);
  });

  it('has every name once', () => {
    const names = controllerNames();
    assert.equal(new Set(names).size, names.length);
    assert.ok(names.includes('garbage-collector-controller') && names.includes('garbagecollector'));
  });
});

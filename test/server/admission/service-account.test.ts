import assert from 'node:assert/strict';
import {serviceAccount} from '../../../server/admission/service-account.ts';
import {ask} from './ask.ts';

describe('server/admission/service-account', () => {
  const token = {name: 't', projected: {sources: [{serviceAccountToken: {path: 't'}}]}};
  const cases: [object, string | undefined][] = [
    [{}, undefined],
    [{serviceAccountName: 'a', imagePullSecrets: [{name: 's'}]}, 'reference service accounts'],
    [{imagePullSecrets: [{name: 's'}], volumes: [token]}, 'reference secrets'],
    [{volumes: [{name: 'v', projected: {sources: [{secret: {name: 's'}}]}}]}, 'reference secrets'],
    [{volumes: [{name: 'v', csi: {driver: 'd', nodePublishSecretRef: {name: 's'}}}]}, 'reference secrets'],
    [{containers: [{name: 'c', envFrom: [{secretRef: {name: 's'}}]}]}, 'reference secrets'],
    [{volumes: [token]}, 'use ServiceAccountToken volume projections'],
  ];
  for (const [spec, why] of cases) {
    it(`lets mirror pods use nothing of the API: ${JSON.stringify(spec)}`, async () => {
      const metadata = {name: 'p', annotations: {'kubernetes.io/config.mirror': 'x'}};
      const {message} = await ask(serviceAccount, {resource: 'pods', object: {metadata, spec: {containers: [{name: 'c'}], ...spec}}});
      assert.equal(message, why && `pods "p" is forbidden: a mirror pod may not ${why}`);
    });
  }
});

import assert from 'node:assert/strict';
import {createWallClock} from '../../../cluster/clock.ts';
import {createRandom} from '../../../cluster/random.ts';
import {createReviewWebhook} from '../../../server/access/review-webhook.ts';
import {useRemoteServer} from '../../support/remote-server.ts';

describe('server/access/review-webhook', () => {
  const remote = useRemoteServer();
  const ask = async (serverName: string) => {
    const {port, ca} = remote;
    const headers = {Authorization: 'Basic dTpw'};
    const webhook = createReviewWebhook({
      remote: {server: `https://127.0.0.1:${port}`, ca, serverName, headers},
      wall: createWallClock(),
      random: createRandom(),
    });
    return webhook.ask({apiVersion: 'authentication.k8s.io/v1', kind: 'TokenReview', spec: {}}).finally(() => webhook.close());
  };

  it('knows the server by the name it is given, and says who asks', async () => {
    remote.answer = () => ({body: {kind: 'TokenReview', status: {authenticated: true}}});
    assert.deepEqual(await ask('remote.default.svc'), {authenticated: true});
    assert.equal(remote.asked[0]!.headers.authorization, 'Basic dTpw');
    await assert.rejects(ask('other.svc'), /x509: certificate is valid for localhost, remote.default.svc, not other.svc$/);
  });
});

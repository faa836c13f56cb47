import assert from 'node:assert/strict';
import {useApiServer} from '../support/api-server.ts';
import {eventually} from '../support/eventually.ts';

const SECRETS = '/api/v1/namespaces/default/secrets';

describe('/metrics', () => {
  const server = useApiServer();

  /** The samples of a series whose labels include these. */
  const samples = async (name: string, labels: {[name: string]: string} = {}) => {
    const {text} = await server.client.send('GET', '/metrics');
    return text
      .split('\n')
      .filter(line => line.startsWith(`${name}{`) || line.startsWith(`${name} `))
      .filter(line => Object.entries(labels).every(([label, value]) => line.includes(`${label}="${value}"`)));
  };
  const value = async (name: string, labels?: {[name: string]: string}) => {
    const found = await samples(name, labels);
    assert.equal(found.length, 1, found.join('\n'));
    return Number(found[0]!.split(' ').at(-1));
  };

  it('counts requests by verb, resource, scope and code', async () => {
    await server.client.send('POST', SECRETS, {apiVersion: 'v1', kind: 'Secret', metadata: {name: 'a'}});
    await server.client.send('GET', `${SECRETS}/a`);
    await server.client.send('GET', `${SECRETS}/none`);
    await server.client.send('GET', SECRETS);
    const labels = {group: '', version: 'v1', resource: 'secrets', subresource: '', component: 'apiserver', dry_run: ''};
    const total = 'apiserver_request_total';
    assert.equal(await value(total, {...labels, verb: 'POST', scope: 'resource', code: '201'}), 1);
    assert.equal(await value(total, {...labels, verb: 'GET', scope: 'resource', code: '200'}), 1);
    assert.equal(await value(total, {...labels, verb: 'GET', scope: 'resource', code: '404'}), 1);
    assert.equal(await value(total, {...labels, verb: 'LIST', scope: 'namespace', code: '200'}), 1);
    assert.equal(await value('apiserver_request_duration_seconds_count', {...labels, verb: 'GET'}), 2);
    assert.equal(await value('apiserver_request_duration_seconds_bucket', {...labels, verb: 'GET', le: '60'}), 2);
  });

  it('tells of objects, of flow control, of itself', async () => {
    assert.equal(await value('apiserver_storage_objects', {resource: 'secrets'}), 1);
    assert.equal(await value('apiserver_resource_objects', {group: 'flowcontrol.apiserver.k8s.io', resource: 'flowschemas'}), 11);
    assert.ok((await value('apiserver_flowcontrol_dispatched_requests_total', {flow_schema: 'exempt'})) > 0);
    assert.equal(await value('apiserver_current_inflight_requests', {request_kind: 'readOnly'}), 1);
    assert.equal(await value('kubernetes_build_info', {minor: '36'}), 1);
    assert.ok((await value('apiserver_storage_size_bytes')) > 10_000);
    assert.ok((await value('process_cpu_seconds_total')) > 0);
  });

  it('names deprecated kinds that somebody has asked for', async () => {
    const name = 'apiserver_requested_deprecated_apis';
    const labels = {group: '', version: 'v1', resource: 'componentstatuses', subresource: '', removed_release: ''};
    assert.deepEqual(await samples(name, labels), []);
    await server.client.send('GET', '/api/v1/componentstatuses');
    assert.equal(await value(name, labels), 1);
  });

  it('counts watches while they last, and their events', async () => {
    const labels = {group: '', version: 'v1', resource: 'secrets'};
    const open = async () =>
      Number((await samples('apiserver_longrunning_requests', {...labels, verb: 'WATCH'}))[0]?.split(' ').at(-1) ?? 0);
    const seen: unknown[] = [];
    const watch = await server.client.watch(`${SECRETS}?watch=1`, event => seen.push(event));
    await eventually(() => assert.equal(seen.length, 1));
    assert.equal(await open(), 1);
    assert.equal(await value('apiserver_watch_events_total', labels), 1);
    watch.stop();
    await eventually(async () => assert.equal(await open(), 0));
    assert.equal((await samples('apiserver_request_sli_duration_seconds_count', {...labels, verb: 'WATCH'})).length, 0);
    assert.equal(await value('apiserver_request_sli_duration_seconds_bucket', {...labels, verb: 'POST', le: '60'}), 1);
  });

  it('makes no series of paths that clients think up', async () => {
    await server.client.send('GET', '/thought-up/path');
    assert.deepEqual(await samples('apiserver_request_total', {subresource: '/thought-up/path'}), []);
  });
});

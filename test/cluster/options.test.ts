import assert from 'node:assert/strict';
import {readFileSync} from 'node:fs';
import {completeOptions, flagOf, OPTIONS, optionNames, readOptions, variableOf} from '../../cluster/options.ts';

describe('cluster/options', () => {
  it('names an option alike on the command line and in the environment', () => {
    assert.equal(flagOf('imagePullFails'), '--image-pull-fails');
    assert.equal(variableOf('imagePullFails'), 'KUBEDOUBLE_IMAGE_PULL_FAILS');
  });

  it('prefers a flag to the environment and leaves out what neither gives', () => {
    const environment = {KUBEDOUBLE_NODES: '5', KUBEDOUBLE_TOKEN: 'from-environment', KUBEDOUBLE_BIND: ''};
    assert.deepEqual(readOptions({nodes: '3', port: '0'}, environment), {nodes: 3, port: 0, token: 'from-environment'});
  });

  it('fills in the defaults', () => {
    const settings = completeOptions({nodes: 0});
    assert.equal(settings.nodes, 0);
    assert.equal(settings.bind, '127.0.0.1');
    assert.equal(settings.controllers, '*');
    assert.equal(settings.serviceCidr, '10.96.0.0/16');
    assert.equal(settings.port, undefined);
  });

  it('stands in the README, every one', () => {
    const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');
    const missing = optionNames().filter(name => !readme.includes(`| \`${flagOf(name)} ${OPTIONS[name].argument}\` |`));
    assert.deepEqual(missing, []);
  });

  const wrong: [{[name: string]: string}, RegExp][] = [
    [{port: 'x'}, /^--port: "x" is not a whole number$/],
    [{port: '65536'}, /^--port: 65536 must be a whole number from 0 to 65535$/],
    [{nodes: '-1'}, /^--nodes: -1 must be/],
    [{bind: 'localhost'}, /^--bind: "localhost" must be an IP address$/],
    [{serviceCidr: '10.0.0.0'}, /^--service-cidr: "10.0.0.0" must be an address and a prefix length/],
    [{podCidr: '10.0.0.0/33'}, /^--pod-cidr/],
    [{controllers: 'a,,b'}, /^--controllers/],
    [{token: 'a b'}, /^--token/],
    [{logLevel: 'loud'}, /must be one of trace, debug/],
    [{authorizationMode: 'RBAC,RBAC'}, /^--authorization-mode: "RBAC,RBAC" must be some of Node, RBAC/],
    [{authenticationTokenWebhookCacheTtl: '2 minutes'}, /must be a duration, such as 2m0s/],
    [{oidcIssuerUrl: 'http://issuer'}, /must be an https URL/],
    [{oidcSigningAlgs: 'RS256,none'}, /names none, which is not among ES256/],
    [{anonymousAuth: 'yes'}, /must be true or false/],
    [{enableAdmissionPlugins: 'LimitRanger, Nonsense'}, /^--enable-admission-plugins: .* names Nonsense, which is not among /],
    [{enableAdmissionPlugins: 'EventRateLimit'}, /names EventRateLimit, which is not implemented/],
    [{dataDir: ''}, /^--data-dir: "" must not be empty$/],
  ];
  for (const [flags, message] of wrong) {
    it(`refuses ${JSON.stringify(flags)} in one line`, () => {
      assert.throws(() => readOptions(flags, {}), {name: 'UsageError', message});
    });
  }

  it('names the variable that holds a wrong value', () => {
    assert.throws(() => readOptions({}, {KUBEDOUBLE_NODES: 'many'}), {message: 'KUBEDOUBLE_NODES: "many" is not a whole number'});
  });

  it('refuses options that need others', () => {
    assert.throws(() => completeOptions({authorizationMode: 'Webhook'}), /needs --authorization-webhook-config-file/);
    assert.throws(() => completeOptions({oidcClientId: 'x'}), /need each other/);
  });

  it('refuses what a program gives wrongly', () => {
    assert.throws(() => completeOptions({nodes: '3'} as never), {message: 'nodes: "3" must be a number'});
    assert.throws(() => completeOptions({nodez: 3} as never), {message: 'there is no option nodez'});
  });
});

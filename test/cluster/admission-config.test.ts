import assert from 'node:assert/strict';
import {mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {readAdmissionConfig} from '../../cluster/admission-config.ts';

describe('cluster/admission-config', () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'kubedouble-test-'));
  });
  after(() => rmSync(folder, {recursive: true}));

  const read = (text: string, other = '') => {
    writeFileSync(join(folder, 'config.yaml'), text);
    writeFileSync(join(folder, 'other.yaml'), other);
    return readAdmissionConfig(join(folder, 'config.yaml'));
  };
  const head = 'apiVersion: apiserver.config.k8s.io/v1\nkind: AdmissionConfiguration\nplugins:\n';
  const security =
    'kind: PodSecurityConfiguration\ndefaults: {enforce: baseline, enforce-version: v1.30, warn: restricted}\nexemptions: {namespaces: [free]}\n';
  const expected = {
    defaults: {
      enforce: {level: 'baseline', version: 30},
      audit: {level: 'privileged', version: 'latest'},
      warn: {level: 'restricted', version: 'latest'},
    },
    exemptions: {usernames: [], runtimeClasses: [], namespaces: ['free']},
  };

  it('reads what PodSecurity is told, there or in a file of its own', () => {
    const indented = security
      .trim()
      .split('\n')
      .map(line => `    ${line}\n`)
      .join('');
    assert.deepEqual(read(`${head}- name: PodSecurity\n  configuration:\n${indented}`), {podSecurity: expected});
    assert.deepEqual(read(`${head}- {name: PodSecurity, path: other.yaml}\n`, security), {podSecurity: expected});
    assert.deepEqual(read(head.replace('plugins:\n', '')), {});
  });

  const wrong: [string, RegExp][] = [
    ['kind: Other', /holds no AdmissionConfiguration/],
    [`${head}- name: EventRateLimit\n`, /configures EventRateLimit, which takes no configuration here/],
    [
      `${head}- {name: PodSecurity, configuration: {defaults: {enforce: strict}}}\n`,
      /defaults.enforce must be one of privileged, baseline, restricted/,
    ],
    [`${head}- {name: PodSecurity, configuration: {defaults: {warn-version: 1.30}}}\n`, /defaults.warn-version must be/],
    [`${head}- {name: PodSecurity, path: absent.yaml}\n`, /no such file/],
  ];
  for (const [text, message] of wrong) {
    it(`refuses ${text.split('\n').at(-2) ?? text}`, () => assert.throws(() => read(text), {name: 'StartError', message}));
  }
});

import assert from 'node:assert/strict';
import {loadProfile, PROFILES} from '../../../../controllers/kubelet/profiles.ts';
import type {StageObject} from '../../../../controllers/kubelet/stages/stage.ts';
import {chooseStage, compileStage, parseStages, StageError} from '../../../../controllers/kubelet/stages/stage.ts';

const START = Date.parse('2030-01-01T00:00:00Z');
const random = (value: number) => ({
  float: () => value,
  integer: (bound: number) => Math.floor(value * bound),
  bytes: (length: number) => new Uint8Array(length),
  uuid: () => '',
});

const stage = (name: string, spec: Partial<StageObject['spec']>) =>
  compileStage({apiVersion: 'kwok.x-k8s.io/v1alpha1', kind: 'Stage', metadata: {name}, spec: {resourceRef: {kind: 'Pod'}, ...spec}});

const POD = {metadata: {labels: {a: '1'}, annotations: {wait: '3s', until: '2030-01-01T00:00:07Z', w: '9'}}, status: {phase: 'Running'}};

describe('Stages', () => {
  for (const name of PROFILES) {
    it(`of profile ${name} start and delete pods`, () => {
      const stages = loadProfile(name);
      assert.equal(chooseStage(stages, {metadata: {}, status: {}}, random(0))?.name, 'pod-sync');
      const deleting = {metadata: {deletionTimestamp: 'x', deletionGracePeriodSeconds: 30}, status: {phase: 'Running'}};
      assert.equal(chooseStage(stages, deleting, random(0))?.name, 'pod-delete');
      assert.equal(chooseStage(stages, {metadata: {}, status: {phase: 'Succeeded'}}, random(0)), undefined);
    });
  }

  it('select by labels, annotations and expressions', () => {
    const matches = (selector: StageObject['spec']['selector']) => stage('s', {selector}).matches(POD);
    assert.ok(matches({matchLabels: {a: '1'}}));
    assert.ok(!matches({matchLabels: {a: '2'}}));
    assert.ok(matches({matchAnnotations: {wait: '3s'}}));
    assert.ok(matches({matchExpressions: [{key: '.status.phase', operator: 'In', values: ['Running']}]}));
    assert.ok(!matches({matchExpressions: [{key: '.status.phase', operator: 'NotIn', values: ['Running']}]}));
    assert.ok(matches({matchExpressions: [{key: '.metadata.deletionTimestamp', operator: 'DoesNotExist'}]}));
    assert.ok(!matches({matchExpressions: [{key: '.status.podIP', operator: 'Exists'}]}));
  });

  it('take place after their delay', () => {
    const delay = (given: StageObject['spec']['delay'], chance = 0.5) => stage('s', {delay: given}).delay(POD, START, random(chance));
    assert.equal(delay({}), 0);
    assert.equal(delay({durationMilliseconds: 100}), 100);
    assert.equal(delay({durationMilliseconds: 100, jitterDurationMilliseconds: 300}), 200);
    assert.equal(delay({durationMilliseconds: 100, durationFrom: {expressionFrom: '.metadata.annotations.wait'}}), 3000);
    assert.equal(delay({durationFrom: {expressionFrom: '.metadata.annotations.until'}}), 7000);
    assert.equal(delay({durationMilliseconds: 5, durationFrom: {expressionFrom: '.metadata.annotations.missing'}}), 5);
  });

  it('are chosen by weight', () => {
    const stages = [stage('light', {weight: 1}), stage('heavy', {weightFrom: {expressionFrom: '.metadata.annotations.w'}})];
    assert.equal(chooseStage(stages, POD, random(0.05))?.name, 'light');
    assert.equal(chooseStage(stages, POD, random(0.2))?.name, 'heavy');
    assert.equal(chooseStage([stage('a', {}), stage('b', {})], POD, random(0.6))?.name, 'b');
  });

  const wrong: {[what: string]: string} = {
    'another kind': 'apiVersion: v1\nkind: Pod\nmetadata: {name: x}',
    'an unknown operator':
      'apiVersion: kwok.x-k8s.io/v1alpha1\nkind: Stage\nmetadata: {name: x}\nspec: {resourceRef: {kind: Pod}, selector: {matchExpressions: [{key: .a, operator: Like}]}}',
    'a broken template':
      'apiVersion: kwok.x-k8s.io/v1alpha1\nkind: Stage\nmetadata: {name: x}\nspec: {resourceRef: {kind: Pod}, next: {statusTemplate: "{{ if }}"}}',
  };
  for (const [what, text] of Object.entries(wrong)) it(`refuse ${what}`, () => assert.throws(() => parseStages(text), StageError));
});

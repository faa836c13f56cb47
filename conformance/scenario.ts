import {readdirSync, readFileSync} from 'node:fs';
import type {Json, JsonObject} from '../server/api/json.ts';
import type {KubeObject} from '../server/api/object.ts';

/**
 * What a real control plane with controllers, scheduler and simulated nodes did, `scenarios/<area>.json`: one scenario per line.
 * `$NS` is a namespace made for the run, `$ID` a random word, `$UID:resource/name` the uid of an object made before.
 */
export interface Scenario {
  /** `area/name` */
  scenario: string;
  /** What it shows. */
  why: string;
  /** Resources that are looked at. */
  observe: string[];
  needs?: string;
  /** Runs alone, after the others. */
  serial?: boolean;
  /** 2: makes nodes, and runs after the others. */
  phase?: number;
  /** `names`: the names of nodes count. */
  nodes?: 'names';
  /** More of the pods that counts: images, volumes, env, tolerations, affinity; `defaults`: what every namespace has. */
  show?: string[];
  steps: ScenarioStep[];
  /** These have to exist at the end; more may. */
  wantEvents?: JsonObject[];
  /** What is removed by hand afterwards. */
  cleanup?: {resource: string; name: string; namespace?: string}[];
}

export interface ScenarioStep {
  do: string;
  observe?: string[];
  objects?: KubeObject[];
  resource?: string;
  name?: string;
  namespace?: string;
  /** `label=value` */
  selector?: string;
  subresource?: string;
  patch?: Json;
  type?: 'merge' | 'strategic' | 'json';
  options?: JsonObject;
  replicas?: number;
  revision?: string;
  count?: number;
  index?: number;
  phase?: string;
  ready?: boolean;
  exitCode?: number;
  conditions?: JsonObject[];
  method?: string;
  path?: string;
  headers?: {[name: string]: string};
  body?: Json;
  pick?: string[];
  /** `name[,group…]` */
  as?: string;
  /** How long `advance` takes; of other steps how long to wait at most. */
  seconds?: number;
  invariants?: Invariant[];
  want?: ScenarioWant;
}

/** Holds at every moment of a step. */
export interface Invariant {
  /** Which pods are counted. */
  pods?: 'ready' | 'active' | 'all';
  selector?: {[label: string]: string};
  /** The sum of spec.replicas over all ReplicaSets. */
  replicas?: string;
  min?: number;
  max?: number;
}

export interface ScenarioWant {
  answer?: Json;
  /** By resource, everything as it is at rest. */
  objects?: {[resource: string]: Json[]};
  /** By resource, the states in the order in which they came. */
  transitions?: {[resource: string]: string[]};
  /** The same by object. */
  histories?: {[resource: string]: string[]};
  /** These come for the first time in this order. */
  order?: {[resource: string]: string[]};
}

const FOLDER = new URL('./scenarios/', import.meta.url);

export const scenarioAreas = (): string[] =>
  readdirSync(FOLDER)
    .filter(file => file.endsWith('.json'))
    .map(file => file.slice(0, -'.json'.length))
    .sort();

export const loadScenarios = (area: string): Scenario[] => JSON.parse(readFileSync(new URL(`${area}.json`, FOLDER), 'utf8')) as Scenario[];

import {readdirSync, readFileSync} from 'node:fs';
import type {Json, JsonObject} from '../server/api/json.ts';

/** Recorded exchanges with a real API server, `golden/<area>.json`: one case per line. */
export interface Case {
  /** `area/name` */
  case: string;
  /** What it shows. */
  why: string;
  /** Recorded with an API server alone, or with controllers, scheduler and nodes. */
  needs?: 'api' | 'controllers';
  verified: {kubernetes: string; on: string};
  /** More metadata of the namespace made for the case. */
  namespace?: JsonObject;
  /** False: that namespace is left without a `default` account. */
  defaultServiceAccount?: boolean;
  /** Runs alone, after the others. */
  serial?: boolean;
  /** Holds only on a server that has compacted its first revisions. */
  aged?: boolean;
  steps: Step[];
}

/** A request and what came back, or with `collect` what a watch left open has seen since. */
export interface Step {
  method?: string;
  path?: string;
  /** null: not sent. */
  headers?: {[name: string]: string | null};
  body?: Json;
  rawBody?: RawBody;
  /** `admin` if left out, `anonymous`, or `user:NAME[,group…]` by impersonation. */
  as?: string;
  /** Values to keep for later steps: name → path in the answer. */
  save?: {[name: string]: string};
  watch?: {events?: number; seconds?: number; bookmarks?: boolean; open?: string};
  /** The name under which an earlier step opened the watch. */
  collect?: string;
  /** Asked again until it matches (or, of a quiet step, until `until` holds). */
  retry?: {seconds: number; until?: Until};
  /** Runs, but is not compared. */
  quiet?: boolean;
  /** Seconds to wait before. */
  sleep?: number;
  pick?: string[];
  names?: string;
  lines?: string[];
  nobody?: boolean;
  skipHeaders?: string[];
  want?: Want;
}

export type RawBody = string | {text?: string; repeat?: string; times?: number; after?: string} | {base64: string};

/** A status, or values by path: null is absent, `*` any, `@status` and `@events` the status and how many events came. */
export type Until = number | {[path: string]: Json};

export interface Want {
  status: number;
  headers?: {[name: string]: Json};
  body?: Json;
  events?: Json[];
  /** The stream came to its end. */
  ended?: boolean;
}

const FOLDER = new URL('./golden/', import.meta.url);

/** The areas there are recordings of. */
export const areas = (): string[] =>
  readdirSync(FOLDER)
    .filter(file => file.endsWith('.json'))
    .map(file => file.slice(0, -'.json'.length))
    .sort();

export const loadArea = (area: string): Case[] => JSON.parse(readFileSync(new URL(`${area}.json`, FOLDER), 'utf8')) as Case[];

import {readFileSync} from 'node:fs';
import type {Stage} from './stages/stage.ts';
import {parseStages} from './stages/stage.ts';

/** How pods live: profiles/<name>.yaml. */
export const PROFILES = ['fast', 'realistic', 'chaos'] as const;

export type ProfileName = (typeof PROFILES)[number];

export const loadProfile = (name: ProfileName): Stage[] =>
  parseStages(readFileSync(new URL(`./profiles/${name}.yaml`, import.meta.url), 'utf8'));

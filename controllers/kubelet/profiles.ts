import {readFileSync} from 'node:fs';
import type {Stage} from './stages/stage.ts';
import {parseStages} from './stages/stage.ts';

/** How pods live: profiles/<name>.yaml. */
export const PROFILES = ['fast', 'realistic', 'chaos'] as const;

export type ProfileName = (typeof PROFILES)[number];

export const loadProfile = (name: ProfileName): Stage[] =>
  parseStages(readFileSync(new URL(`./profiles/${name}.yaml`, import.meta.url), 'utf8'));

/**
 * The Stages of a built-in profile, or those of a file before those of `fast`: the first list with a Stage that matches a pod counts.
 * Throws when the file cannot be read or a Stage is wrong.
 */
export function loadStages(profile: string): Stage[][] {
  if (PROFILES.includes(profile as ProfileName)) return [loadProfile(profile as ProfileName)];
  const own = parseStages(readFileSync(profile, 'utf8'));
  return [own, loadProfile('fast')];
}

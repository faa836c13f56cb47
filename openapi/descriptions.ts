import {readFileSync} from 'node:fs';

/** Texts of definitions and their fields: definition name → field → text; the empty field is the definition itself. */
export interface Descriptions {
  readonly [definition: string]: {readonly [field: string]: string};
}

/**
 * The texts that the build took from the development dependencies, or undefined where there are none: without them documents are the
 * same but for `description`.
 */
export function loadDescriptions(): Descriptions | undefined {
  try {
    return JSON.parse(readFileSync(new URL('./descriptions.json', import.meta.url), 'utf8')) as Descriptions;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

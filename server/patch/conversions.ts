import type {KubeObject} from '../api/object.ts';
import type {StructSchema} from '../schema/schema.ts';
import type {ManagedResource} from './ownership.ts';

export interface VersionedObject {
  readonly object: KubeObject;
  readonly schema: StructSchema;
}

/**
 * Another version's view of an object (of the version its apiVersion says; it may be raw), for entries of that version; undefined: there
 * is no such version any more. Throws or rejects with an Error where it cannot be converted.
 */
export type Convert = (
  resource: ManagedResource,
  object: KubeObject,
  apiVersion: string,
) => VersionedObject | undefined | Promise<VersionedObject | undefined>;

/** The same at once. Throws ConversionError. */
export type ConvertNow = (resource: ManagedResource, object: KubeObject, apiVersion: string) => VersionedObject | undefined;

export class ConversionError extends Error {}

/**
 * Runs something that needs objects in other versions at once. Where a conversion takes its time `run` is run again when the object is
 * there, so it must have no effects. Waits only if it has to.
 */
export function withConversions<T>(convert: Convert, run: (convert: ConvertNow) => T): T | Promise<T> {
  const known = new Map<string, VersionedObject | ConversionError | undefined>();
  const attempt = (): T | Promise<T> => {
    let awaited: Promise<unknown> | undefined;
    const now: ConvertNow = (resource, object, apiVersion) => {
      const key = (): string => `${apiVersion} ${JSON.stringify(object)}`;
      if (known.size > 0 && known.has(key())) return settled(known.get(key()));
      const found = begin(convert, resource, object, apiVersion);
      if (!(found instanceof Promise)) return settled(found);
      awaited = found.then(
        late => known.set(key(), late),
        (error: Error) => known.set(key(), new ConversionError(error.message)),
      );
      throw new ConversionError('not yet');
    };
    try {
      const result = run(now);
      if (awaited === undefined) return result;
    } catch (error) {
      if (awaited === undefined) throw error;
    }
    return awaited.then(attempt);
  };
  return attempt();
}

function begin(convert: Convert, ...call: Parameters<Convert>): ReturnType<Convert> | ConversionError {
  try {
    return convert(...call);
  } catch (error) {
    return new ConversionError((error as Error).message);
  }
}

function settled(found: VersionedObject | ConversionError | undefined): VersionedObject | undefined {
  if (found instanceof ConversionError) throw found;
  return found;
}

/** Runs a step; the failure of a conversion tells of which. */
export function step<T>(name: string, run: () => T): T {
  try {
    return run();
  } catch (error) {
    throw error instanceof ConversionError ? new ConversionError(`${name}: ${error.message}`) : error;
  }
}

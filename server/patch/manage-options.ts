import type {JsonObject} from '../api/json.ts';
import type {KubeObject} from '../api/object.ts';
import type {ManagedResource} from './ownership.ts';
import type {FieldFilter} from './reset-fields.ts';

/** What every write tells the field manager. */
export interface WriteOptions {
  /** The stored object in the request's version, not changed; undefined on create. */
  readonly live: KubeObject | undefined;
  readonly resource: ManagedResource;
  readonly manager: string;
  /** '' for the object itself. */
  readonly subresource: string;
  /** Now, RFC 3339 in whole seconds. */
  readonly time: string;
  /** What may be owned through this endpoint; default: what `resetFields` says of the resource. */
  readonly filter?: FieldFilter;
}

export interface UpdateOptions extends WriteOptions {
  /** The new object, decoded and defaulted, before admission. Its metadata.managedFields are what the client sent. */
  readonly object: KubeObject;
}

export interface ApplyOptions extends WriteOptions {
  /** The configuration as the client sent it. */
  readonly applied: JsonObject;
  readonly force: boolean;
}

import type {Authorizer} from '../access/authorizer.ts';
import type {ApiClient, Identity} from '../api/client.ts';
import type {Clock} from '../api/clock.ts';
import type {Json, JsonObject} from '../api/json.ts';
import {isPathSegmentName} from '../api/names.ts';
import type {GroupVersionKind, KubeObject} from '../api/object.ts';
import type {Random} from '../api/random.ts';
import type {ApiError} from '../api/status.ts';
import {forbidden} from '../api/status.ts';
import type {Resource} from '../resources/resource.ts';
import type {Round} from './rounds.ts';

export type AdmissionOperation = 'CREATE' | 'UPDATE' | 'DELETE' | 'CONNECT';

/** What an admission plugin is asked about (k8s.io/apiserver/pkg/admission.Attributes). */
export interface AdmissionRequest {
  readonly operation: AdmissionOperation;
  readonly resource: Resource;
  readonly subresource: string;
  /** The kind of `object`, which for subresources is not the resource's. */
  readonly kind: GroupVersionKind;
  readonly namespace: string;
  /** '' while generateName has not been resolved. */
  readonly name: string;
  /** The object to be admitted, in hub version; mutating plugins change it in place. Undefined for DELETE; of a CONNECT its options, without metadata. */
  object: KubeObject | undefined;
  readonly old: KubeObject | undefined;
  /** CreateOptions, UpdateOptions, … as sent; a CONNECT has none. */
  readonly options: JsonObject | undefined;
  readonly dryRun: boolean;
  readonly identity: Identity;
  warn(message: string): void;
  audit(key: string, value: string): void;
}

/** Calls webhooks: the JSON they answer; rejects with an Error in the words of Go's client. `timeout`: seconds of wall time. */
export interface WebhookCaller {
  post(
    config: {
      readonly url?: string;
      readonly service?: {readonly namespace: string; readonly name: string; readonly path?: string; readonly port?: number};
      readonly caBundle?: string;
    },
    body: JsonObject,
    timeout: number,
  ): Promise<Json>;
}

/** What plugins may look at: other objects by resource, from the cache, synchronously; and whom they may ask. */
export interface AdmissionLookup {
  readonly clock: Clock;
  readonly random: Random;
  /** What others may do. */
  readonly authorizer: Authorizer;
  /** For what a plugin writes itself, as the API server. */
  readonly client: ApiClient;
  readonly webhooks: WebhookCaller;
  get(group: string, resource: string, namespace: string, name: string): KubeObject | undefined;
  /** Is there any in the namespace? */
  has(group: string, resource: string, namespace: string): boolean;
  list(group: string, resource: string, namespace?: string): KubeObject[];
  /** The resource that serves a kind. */
  findKind(kind: GroupVersionKind): Resource | undefined;
}

/** The 403 of a plugin; what has no name yet goes by its generateName (k8s.io/apiserver/pkg/admission/errors.go). */
export const refuse = ({resource, name, object}: AdmissionRequest, why: string): ApiError =>
  forbidden(resource, name || object?.metadata.name || object?.metadata.generateName || 'Unknown', why);

/** Why a client would not even ask for an object of this name (k8s.io/client-go/rest, Request.Name). */
export function unaskable(name: string): string | undefined {
  const messages = isPathSegmentName(name);
  return messages.length > 0 ? `invalid resource name ${JSON.stringify(name)}: [${messages.join(' ')}]` : undefined;
}

/** One plugin; `admit` may change the object, `validate` may only refuse. Both refuse by throwing ApiError. */
export interface AdmissionPlugin {
  readonly name: string;
  handles(request: AdmissionRequest): boolean;
  admit?(request: AdmissionRequest, lookup: AdmissionLookup, round: Round): void | Promise<void>;
  validate?(request: AdmissionRequest, lookup: AdmissionLookup): void | Promise<void>;
}

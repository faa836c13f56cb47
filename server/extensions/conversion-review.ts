import {aggregateText} from '../access/authorizer.ts';
import type {FieldError} from '../api/field.ts';
import type {Json, JsonObject} from '../api/json.ts';
import {isObject} from '../api/json.ts';
import type {WebhookConversion} from '../api/kinds.generated.ts';
import type {KubeObject} from '../api/object.ts';
import type {Random} from '../api/random.ts';
import {unknownError} from '../api/status.ts';
import {jsonEqual} from '../patch/equal.ts';
import {validateAnnotations} from '../resources/metadata.ts';
import {validateLabels} from '../resources/rules.ts';
import type {WebhookClient} from './webhook-client.ts';

/** Objects in another version as a webhook converts them; those that have it already are not sent. Rejects with a 500. */
export type Review = (webhook: WebhookConversion, objects: readonly KubeObject[], apiVersion: string) => Promise<KubeObject[]>;

// k8s.io/apiserver/pkg/util/webhook: conversions may take this long.
const TIMEOUT = 30;
// Of a long list so many objects go into one review.
const BATCH = 500;

/** Asks by ConversionReview v1 or v1beta1 (k8s.io/apiextensions-apiserver/pkg/apiserver/conversion/webhook_converter.go). */
export function createReview(client: WebhookClient, random: Random): Review {
  return async (webhook, objects, apiVersion) => {
    const converted = [...objects];
    const foreign = objects.flatMap((object, index) => (object.apiVersion === apiVersion ? [] : [index]));
    for (let start = 0; start < foreign.length; start += BATCH) {
      const indexes = foreign.slice(start, start + BATCH);
      const answers = await ask(
        client,
        random,
        webhook,
        indexes.map(index => objects[index]!),
        apiVersion,
      );
      for (const [i, index] of indexes.entries()) converted[index] = answers[i]!;
    }
    return converted;
  };
}

async function ask(
  client: WebhookClient,
  random: Random,
  webhook: WebhookConversion,
  objects: readonly KubeObject[],
  desired: string,
): Promise<KubeObject[]> {
  const version = webhook.conversionReviewVersions.find(name => name === 'v1' || name === 'v1beta1');
  const what = `conversion webhook for ${kindOf(objects[0]!)}`;
  if (version === undefined) {
    const versions = webhook.conversionReviewVersions.join(' ');
    throw unknownError(`${what} failed: unrecognized conversion review versions [${versions}]`);
  }
  const uid = random.uuid();
  const apiVersion = `apiextensions.k8s.io/${version}`;
  const request = {uid, desiredAPIVersion: desired, objects: [...objects]};
  let answers: Json[];
  try {
    const response = {uid: '', convertedObjects: null, result: {metadata: {}}};
    const body = {kind: 'ConversionReview', apiVersion, request, response} as unknown as JsonObject;
    answers = convertedObjects(await client.post(webhook.clientConfig ?? {}, body, TIMEOUT), apiVersion, uid);
  } catch (error) {
    throw unknownError(`${what} failed: ${(error as Error).message}`);
  }
  if (answers.length !== objects.length) throw unknownError(`${what} returned ${answers.length} objects, expected ${objects.length}`);
  return answers.map((answer, index) => {
    try {
      return checked(objects[index]!, answer, desired);
    } catch (error) {
      throw unknownError(`${what} returned invalid ${(error as Error).message}`);
    }
  });
}

/** As Go prints a GroupVersionKind. */
const kindOf = ({apiVersion, kind}: {apiVersion?: Json | undefined; kind?: Json | undefined}): string => `${apiVersion}, Kind=${kind}`;

/** The objects of a review's response; throws what is wrong with it. v1beta1 was not strict. */
function convertedObjects(review: Json, apiVersion: string, uid: string): Json[] {
  const strict = apiVersion === 'apiextensions.k8s.io/v1';
  const {kind, apiVersion: own, response} = isObject(review) ? review : ({} as JsonObject);
  if (strict && (kind !== 'ConversionReview' || own !== apiVersion)) {
    const got = isObject(review) && own ? kindOf(review) : `/, Kind=${kind ?? ''}`;
    throw new Error(`expected webhook response of ${kindOf({kind: 'ConversionReview', apiVersion})}, got ${got}`);
  }
  if (!isObject(response)) throw new Error('no response provided');
  if (strict && response.uid !== uid)
    throw new Error(`expected response.uid=${JSON.stringify(uid)}, got ${JSON.stringify(response.uid ?? '')}`);
  const result = isObject(response.result) ? response.result : {};
  if (result.status !== 'Success')
    throw new Error(String(result.message || `response.result.status was '${result.status ?? ''}', not 'Success'`));
  return Array.isArray(response.convertedObjects) ? response.convertedObjects : [];
}

/** The converted object; nothing of its metadata but labels and annotations may differ, and nothing else is taken. */
function checked(original: KubeObject, answer: Json, desired: string): KubeObject {
  if (!isObject(answer)) throw new Error(`object: invalid type ${answer === null ? 'null' : typeof answer}`);
  const {apiVersion = '', kind = '', metadata} = answer;
  if (apiVersion !== desired) throw new Error(`object at index 0: invalid groupVersion (expected ${desired}, received ${apiVersion})`);
  if (kind !== original.kind) throw new Error(`object at index 0: invalid kind (expected ${original.kind}, received ${kind})`);
  const given = isObject(metadata) ? metadata : {};
  for (const [name, label] of [
    ['name', 'name'],
    ['namespace', 'namespace'],
    ['uid', 'UID'],
  ] as const) {
    const [had, has] = [original.metadata[name] ?? '', given[name] ?? ''];
    if (had !== has) throw new Error(`object: must have the same ${label}: ${had} != ${has}`);
  }
  const {labels, annotations, ...kept} = original.metadata;
  return {
    ...answer,
    metadata: {
      ...kept,
      ...textMap(given, 'labels', labels, validateLabels),
      ...textMap(given, 'annotations', annotations, texts => validateAnnotations(texts, 'metadata.annotation')),
    },
  } as KubeObject;
}

type Texts = {[key: string]: string};

function textMap(
  metadata: JsonObject,
  field: 'labels' | 'annotations',
  had: Texts = {},
  validate: (texts: Texts, path: string) => FieldError[],
): JsonObject {
  const value = metadata[field];
  if (value === undefined || value === null) return {};
  const refuse = (why: string): Error => new Error(`metadata: ${why}`);
  if (!isObject(value)) throw refuse(`invalid metadata.${field} of type ${goType(value)} in converted object`);
  for (const [key, text] of Object.entries(value))
    if (typeof text !== 'string') throw refuse(`metadata.${field}[${key}] must be a string, but is ${goType(text!)} in converted object`);
  const errors = jsonEqual(value, had) ? [] : validate(value as Texts, `metadata.${field}`);
  if (errors.length > 0) throw refuse(aggregateText(errors.map(error => `${error.field}: ${error.message}`)));
  return {[field]: value};
}

/** How Go's %T names what JSON decoded to. */
function goType(value: Json): string {
  if (value === null) return '<nil>';
  if (Array.isArray(value)) return '[]interface {}';
  if (typeof value === 'object') return 'map[string]interface {}';
  if (typeof value === 'number') return Number.isInteger(value) ? 'int64' : 'float64';
  return typeof value === 'boolean' ? 'bool' : 'string';
}

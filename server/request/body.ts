import type {Json, JsonObject} from '../api/json.ts';
import {isObject} from '../api/json.ts';
import type {GroupVersionKind, KubeObject} from '../api/object.ts';
import {formatGroupVersion} from '../api/object.ts';
import type {ApiError} from '../api/status.ts';
import {badRequest, requestEntityTooLarge, unsupportedMediaType} from '../api/status.ts';
import type {ProtobufCodec} from '../encode/protobuf.ts';
import {ProtobufError} from '../encode/protobuf.ts';
import type {Resource, ResourceCodec} from '../resources/resource.ts';
import type {Decoded} from '../schema/decode.ts';
import {canonical, decodeDocument, interpret} from '../schema/decode.ts';
import type {Document} from '../schema/document.ts';
import {DecodeError} from '../schema/document.ts';
import {parseJson} from '../schema/parse-json.ts';
import {parseYaml} from '../schema/parse-yaml.ts';
import type {StructSchema} from '../schema/schema.ts';
import type {Environment} from '../verbs/environment.ts';
import {isRegistered} from './registered-kinds.ts';
import type {RequestContext} from './request.ts';
import {warnStrictly} from './strict.ts';

/** Bodies may be as large as this (k8s.io/apiserver: MaxRequestBodyBytes). */
export const MAX_BODY = 3 * 1024 * 1024;

/** What a body should be; an older version may do as well. */
export type ExpectedKind = GroupVersionKind & {readonly alsoVersion?: string};

type FieldValidation = 'Ignore' | 'Warn' | 'Strict';
type Body = Buffer | JsonObject | Json[] | undefined;

/** The body as it came: bytes, or the object of an in-process client. */
export async function readBody({request}: RequestContext): Promise<Buffer | JsonObject | Json[]> {
  const {body} = request;
  return body.type === 'object' ? (body.object ?? Buffer.alloc(0)) : body.read(MAX_BODY);
}

export const tooLarge = (limit: number): ApiError => requestEntityTooLarge(`Request entity too large: limit is ${limit}`);

/** Decodes the body of a write of `resource`: canonical, with the defaults of its version. */
export async function decodeBody(
  environment: Environment,
  context: RequestContext,
  resource: Resource,
  fieldValidation: FieldValidation,
): Promise<KubeObject> {
  const object = await decodeBodyAs(environment, context, resource, fieldValidation, resource.schema, resource.codec);
  resource.strategy.defaults?.(object);
  return object;
}

/** Decodes a body that should be of `kind`; 400 in the words of transformDecodeError (k8s.io/apiserver/pkg/endpoints/handlers/rest.go). */
export async function decodeBodyAs(
  environment: Environment,
  context: RequestContext,
  kind: ExpectedKind,
  fieldValidation: FieldValidation,
  schema = environment.schemas.forKind(kind),
  codec?: ResourceCodec,
): Promise<KubeObject> {
  const body = await readBody(context);
  const document = parseBody(environment, context, body, kind);
  return decodeAs(environment, context, document, body, kind, schema!, fieldValidation, codec);
}

/** Decodes a document without bytes (a patched object) as a body of `kind` would be; defaults are not filled in. */
export const decodeDocumentAs = (
  environment: Environment,
  context: RequestContext,
  document: Document,
  kind: GroupVersionKind,
  schema: StructSchema,
  fieldValidation: FieldValidation,
  codec?: ResourceCodec,
): KubeObject => decodeAs(environment, context, document, undefined, kind, schema, fieldValidation, codec);

function decodeAs(
  environment: Environment,
  context: RequestContext,
  document: Document,
  body: Body,
  kind: ExpectedKind,
  schema: StructSchema,
  fieldValidation: FieldValidation,
  codec?: ResourceCodec,
): KubeObject {
  if (codec && Buffer.isBuffer(body) && !(isObject(document.value) && document.value.kind))
    throw unrecognized(kind, `Object 'Kind' is missing in '${body.toString().trim()}'`, body);
  const own = bodyKind(document, kind, body);
  // Bodies of built-in kinds may leave their version out.
  if (codec && Buffer.isBuffer(body) && !hasVersion(document.value)) throw otherVersion('', kind);
  const wrap = (error: string): ApiError =>
    badRequest(`${own.kind} in version ${JSON.stringify(own.version)} cannot be handled as a ${kind.kind}: ${error}`);
  const sameKind = own.kind === kind.kind && own.group === kind.group && (own.version === kind.version || own.version === kind.alsoVersion);
  if (codec && (own.group !== kind.group || own.version !== kind.version))
    throw wrongKind(environment, {...own, kind: kind.kind}, kind, wrap);
  const actual = sameKind || codec ? schema : environment.schemas.forKind(own);
  if (actual === undefined) throw isRegistered(own) ? wrongKind(environment, own, kind, wrap) : wrap(notRegistered(own));
  let decoded: Decoded;
  try {
    decoded = codec ? codec.decode(document) : decodeDocument(document, actual, true);
  } catch (error) {
    if (error instanceof DecodeError) throw wrap(error.message);
    throw error;
  }
  if (!sameKind && !codec) throw wrongKind(environment, own, kind, wrap);
  const {object, strictErrors} = decoded;
  if (strictErrors.length > 0) {
    if (fieldValidation === 'Strict') throw wrap(`strict decoding error: ${strictErrors.join(', ')}`);
    if (fieldValidation === 'Warn') warnStrictly(context, strictErrors);
  }
  // Go's TypeMeta comes first on the wire.
  const {kind: _kind, apiVersion: _apiVersion, ...rest} = object;
  const metadata = {...(object.metadata ?? {}), ...(resetsManagedFields(document.value) && {managedFields: []})};
  const result = {kind: own.kind, apiVersion: formatGroupVersion(kind), ...rest, metadata} as KubeObject;
  if (decoded.keptEmpties) withEmpties.add(result);
  return result;
}

const withEmpties = new WeakSet<KubeObject>();

/** The body as fields are owned in it: without the empty lists and maps that only rules look at. */
export function ownable({schema}: Resource, body: KubeObject): KubeObject {
  if (!withEmpties.has(body)) return body;
  const object = canonical(body as unknown as Json, schema) as unknown as KubeObject;
  const {managedFields} = body.metadata;
  return managedFields ? {...object, metadata: {...object.metadata, managedFields}} : object;
}

/** An empty list is as good as none everywhere but here, where it means that nobody owns anything any more. */
function resetsManagedFields(value: Json): boolean {
  const {managedFields} = isObject(value) && isObject(value.metadata) ? value.metadata : {};
  return Array.isArray(managedFields) && managedFields.length === 0;
}

const hasVersion = (value: Json): boolean => isObject(value) && Boolean(value.apiVersion);

const otherVersion = (found: string, expected: GroupVersionKind): ApiError =>
  badRequest(`the API version in the data (${found}) does not match the expected API version (${formatGroupVersion(expected)})`);

const notRegistered = (kind: GroupVersionKind): string =>
  `no kind ${JSON.stringify(kind.kind)} is registered for version ${JSON.stringify(formatGroupVersion(kind))} in scheme "pkg/runtime/scheme.go:111"`;

/** Servers that were built into the API server know their own kinds only. */
const OWN_SCHEME = ['apiextensions.k8s.io', 'apiregistration.k8s.io'];

function wrongKind({registry}: Environment, own: GroupVersionKind, kind: GroupVersionKind, wrap: (error: string) => ApiError): ApiError {
  if (own.kind === kind.kind) {
    return otherVersion(formatGroupVersion(own), kind);
  }
  if (OWN_SCHEME.includes(kind.group) && own.group !== kind.group) return wrap(notRegistered(own));
  const {group} = registry.findKind(kind)?.view.hub ?? kind;
  const goPackage = group === '' ? 'core' : group.split('.')[0]!;
  return wrap(`converting (${own.version}.${own.kind}) to (${goPackage}.${kind.kind}): unknown conversion`);
}

/** The kind a body names; what it leaves out is taken from the URL. */
function bodyKind(document: Document, expected: GroupVersionKind, body: Body): GroupVersionKind {
  let named: GroupVersionKind;
  try {
    named = interpret(document);
  } catch (error) {
    if (error instanceof DecodeError) throw unrecognized(expected, error.message, body);
    throw error;
  }
  const kind = named.kind || expected.kind;
  if (named.version !== '') return {...named, kind};
  return named.group === '' || named.group === expected.group ? {...expected, kind} : {...named, kind};
}

function parseBody({protobuf}: Environment, context: RequestContext, body: Buffer | JsonObject | Json[], kind: GroupVersionKind): Document {
  if (!Buffer.isBuffer(body)) return plain(body);
  const format = bodyFormat(context);
  if (format === 'protobuf') return parseProtobuf(protobuf, body, kind);
  let document: Document;
  try {
    document = format === 'yaml' ? parseYaml(body.toString()) : parseJson(body.toString());
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    throw unrecognized(kind, format === 'yaml' ? error.message : `couldn't get version/kind; json parse error: ${error.message}`, body);
  }
  const {value} = document;
  if (value === null) return {...document, value: {}};
  if (!isObject(value)) {
    throw unrecognized(kind, notAnObject(value), body);
  }
  return document;
}

const plain = (value: Json): Document => ({value, duplicates: undefined, strictErrors: [], literals: false});

function parseProtobuf(protobuf: ProtobufCodec, body: Buffer, kind: GroupVersionKind): Document {
  try {
    const {object, ...named} = protobuf.decode(body);
    return plain({...named, ...object});
  } catch (error) {
    if (error instanceof ProtobufError) throw unrecognized(kind, error.message, body);
    throw error;
  }
}

/** What the decoder says of a body that is a list or a scalar. */
export function notAnObject(value: Json): string {
  const type = Array.isArray(value) ? 'array' : typeof value === 'boolean' ? 'bool' : typeof value === 'string' ? 'string' : 'number';
  return `couldn't get version/kind; json parse error: json: cannot unmarshal ${type} into Go value of type ${TYPE_META}`;
}

const TYPE_META = 'struct { APIVersion string "json:\\"apiVersion,omitempty\\""; Kind string "json:\\"kind,omitempty\\"" }';
const SUMMARY = 30;

function unrecognized(kind: GroupVersionKind, why: string, body: Body): ApiError {
  return badRequest(`the object provided is unrecognized (must be of type ${kind.kind}): ${why} (${summarize(body)})`);
}

function summarize(body: Body): string {
  const bytes = Buffer.isBuffer(body) ? body : Buffer.from(JSON.stringify(body ?? {}));
  if (bytes.length === 0) return '<empty>';
  const encoding = bytes[0] === 0x7b ? 'utf8' : 'hex';
  return bytes.length > SUMMARY ? `${bytes.subarray(0, SUMMARY).toString(encoding)} ...` : bytes.toString(encoding);
}

export function bodyFormat({request}: RequestContext): 'json' | 'yaml' | 'protobuf' {
  const type = String(request.headers['content-type'] ?? '')
    .split(';')[0]!
    .trim()
    .toLowerCase();
  if (type === '' || type === 'application/json') return 'json';
  if (type === 'application/yaml') return 'yaml';
  if (type === 'application/vnd.kubernetes.protobuf') return 'protobuf';
  throw unsupportedMediaType(
    'the body of the request was in an unknown format - accepted media types include: application/json, application/yaml, application/vnd.kubernetes.protobuf',
  );
}

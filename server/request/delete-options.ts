import type {DeleteOptions} from '../api/client.ts';
import type {JsonObject} from '../api/json.ts';
import {isObject} from '../api/json.ts';
import {badRequest} from '../api/status.ts';
import {ProtobufError} from '../encode/protobuf.ts';
import {decodeDocument} from '../schema/decode.ts';
import type {Document} from '../schema/document.ts';
import {DecodeError} from '../schema/document.ts';
import {parseJson} from '../schema/parse-json.ts';
import {parseYaml} from '../schema/parse-yaml.ts';
import type {Environment} from '../verbs/environment.ts';
import {bodyFormat, notAnObject, readBody} from './body.ts';
import {checkDeleteOptions, deleteQuery} from './options.ts';
import type {RequestContext} from './request.ts';

type Options = DeleteOptions & {orphanDependents?: boolean};

/** DeleteOptions of the body, of whatever group the body says it is; without a body those of the query. */
export async function deleteOptions(environment: Environment, context: RequestContext): Promise<Options> {
  const body = await readBody(context);
  if (Buffer.isBuffer(body) && body.length === 0) return deleteQuery(context.request.query);
  const document = Buffer.isBuffer(body)
    ? parse(environment, context, body)
    : {value: body as JsonObject, duplicates: undefined, strictErrors: [], literals: false};
  const {value} = document;
  if (!isObject(value) && value !== null) throw badRequest(notAnObject(value));
  const kind = isObject(value) ? value.kind : undefined;
  if (typeof kind === 'string' && kind !== '' && kind !== 'DeleteOptions') {
    const apiVersion = isObject(value) && typeof value.apiVersion === 'string' ? value.apiVersion : 'v1';
    throw badRequest(
      `no kind ${JSON.stringify(kind)} is registered for version ${JSON.stringify(apiVersion)} in scheme "pkg/runtime/scheme.go:111"`,
    );
  }
  const schema = environment.schemas.forKind({group: '', version: 'v1', kind: 'DeleteOptions'})!;
  try {
    const {kind: _kind, apiVersion: _version, metadata: _metadata, ...options} = decodeDocument(document, schema).object;
    return checkDeleteOptions(options as Parameters<typeof checkDeleteOptions>[0]);
  } catch (error) {
    if (error instanceof DecodeError || error instanceof ProtobufError) throw badRequest(error.message);
    throw error;
  }
}

function parse({protobuf}: Environment, context: RequestContext, body: Buffer): Document {
  const format = bodyFormat(context);
  try {
    if (format === 'protobuf') return {value: protobuf.decode(body).object ?? {}, duplicates: undefined, strictErrors: [], literals: false};
    return format === 'yaml' ? parseYaml(body.toString()) : parseJson(body.toString());
  } catch (error) {
    if (error instanceof ProtobufError) throw badRequest(error.message);
    if (error instanceof DecodeError) throw badRequest(`couldn't get version/kind; json parse error: ${error.message}`);
    throw error;
  }
}

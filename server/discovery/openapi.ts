import type {Facts} from '../../openapi/facts.ts';
import type {ApiResponse, RequestContext} from '../request/request.ts';
import type {Environment} from '../verbs/environment.ts';
import type {Documents} from './routes.ts';

export const openapiV2 = (
  _documents: Documents,
  _facts: Facts,
  _environment: Environment,
  _context: RequestContext,
): ApiResponse | undefined => undefined;
export const openapiV3 = openapiV2;

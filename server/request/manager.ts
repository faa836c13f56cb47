import type {RequestContext} from './request.ts';

const MAX_MANAGER = 128;

/** The field manager of a write: the parameter, else the User-Agent up to its first slash (k8s.io/apiserver/pkg/endpoints/handlers/create.go). */
export function managerName({request}: RequestContext, {fieldManager}: {fieldManager: string}): string {
  if (fieldManager !== '') return fieldManager;
  const agent = String(request.headers['user-agent'] ?? '').split('/')[0]!;
  return [...agent].slice(0, MAX_MANAGER).join('') || 'unknown';
}

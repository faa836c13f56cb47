import type {Functions} from '../declarations.ts';
import {declare} from '../declarations.ts';

/** The given functions and jsonpatch.escapeKey, which only expressions that make patches have. */
export function patchLibrary(base: Functions): Functions {
  const functions: Functions = new Map(base);
  const escapeKey = (key: string): string => key.replaceAll('~', '~0').replaceAll('/', '~1');
  declare(functions)('jsonpatch.escapeKey', 'string_jsonpatch_escapeKey_string', '(string) -> string', escapeKey);
  return functions;
}

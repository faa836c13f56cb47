import type {RequestContext} from './request.ts';

const YAML_ERRORS = /^(error converting YAML to JSON: )?yaml: unmarshal errors:\n/;

/** Warns of what strict decoding complains of; the YAML reader's list is told line by line (k8s.io/apiserver, parseYAMLWarnings). */
export function warnStrictly({warnings}: RequestContext, errors: readonly string[]): void {
  for (const error of errors) {
    const lines = YAML_ERRORS.test(error) ? error.replace(YAML_ERRORS, '').split('\n') : [error];
    for (const line of lines) warnings.add(line.trim());
  }
}

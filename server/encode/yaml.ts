import type {Node} from 'js-yaml';
import {dump, SCALAR_STYLE_DOUBLE_QUOTED, visit} from 'js-yaml';
import type {Json} from '../api/json.ts';
import {resolveScalar} from '../schema/yaml-scalars.ts';

const STRING_TAG = 'tag:yaml.org,2002:str';
// Timestamps and base-60 numbers are read as strings here, but go-yaml v2 quotes them for readers that do not.
const OLD_FORMS = /^(\d{4}-\d{1,2}-\d{1,2}([Tt ].*)?|[-+]?\d[\d_]*(:[0-5]?\d)+(\.\d*)?)$/;

/** YAML as sigs.k8s.io/yaml writes it: keys sorted, lists not indented, double quotes around strings that would read as something else. */
export function toYaml(value: Json): string {
  return dump(value, {
    sortKeys: (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0),
    seqNoIndent: true,
    lineWidth: -1,
    noRefs: true,
    transform: documents => visit(documents, quoteAmbiguous),
  });
}

function quoteAmbiguous(node: Node): void {
  if (node.kind !== 'scalar' || node.tag !== STRING_TAG) return;
  if (OLD_FORMS.test(node.value) || typeof resolved(node.value) !== 'string') node.style = SCALAR_STYLE_DOUBLE_QUOTED;
}

function resolved(text: string): unknown {
  try {
    return resolveScalar(text, true, '');
  } catch {
    return text;
  }
}

import type {Node} from 'js-yaml';
import {dump, SCALAR_STYLE_DOUBLE_QUOTED, visit} from 'js-yaml';
import type {Json} from '../api/json.ts';
import {resolveScalar} from '../schema/yaml-scalars.ts';

const STRING_TAG = 'tag:yaml.org,2002:str';
// Timestamps and base-60 numbers are read as strings here, but go-yaml v2 quotes them for readers that do not.
const OLD_FORMS = /^(\d{4}-\d{1,2}-\d{1,2}([Tt ].*)?|[-+]?\d[\d_]*(:[0-5]?\d)+(\.\d*)?)$/;

/** YAML as sigs.k8s.io/yaml writes it: keys sorted, lists not indented, double quotes around strings that would read as something else. */
export function toYaml(value: Json): string {
  const text = dump(value, {
    sortKeys: (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0),
    seqNoIndent: true,
    lineWidth: -1,
    noRefs: true,
    transform: documents => visit(documents, quoteAmbiguous),
  });
  return foldLines(text);
}

// go-yaml: a space beyond this column is where a line is broken.
const BEST_WIDTH = 80;
const SCALAR = /^(?<before> *(?:- )*)(?<key>(?:"(?:[^"\\]|\\.)*"|'(?:[^']|'')*'|[^\s"'#][^:]*(?::(?! )[^:]*)*): )?(?<value>.*)$/;
const BLOCK = /(?:^|[ -])[|>][-+\d]*$/;

/** Breaks long plain and quoted texts as go-yaml does; js-yaml has another idea of it. Block texts stay as they are. */
function foldLines(text: string): string {
  if (!/^.{81}/m.test(text)) return text;
  const lines: string[] = [];
  // Lines deeper than this belong to a block text.
  let block = Number.POSITIVE_INFINITY;
  for (const line of text.split('\n')) {
    const indent = line.search(/\S/);
    if (indent < 0 || indent > block) {
      lines.push(line);
      continue;
    }
    const {before = '', key = '', value = ''} = SCALAR.exec(line)?.groups ?? {};
    block = BLOCK.test(value) && !/^['"]/.test(value) ? (key === '' ? before.length - 2 : before.length) : Number.POSITIVE_INFINITY;
    lines.push(line.length <= BEST_WIDTH ? line : fold(before + key, value, key === '' ? before.length : before.length + 2));
  }
  return lines.join('\n');
}

function fold(start: string, value: string, indent: number): string {
  let [line, folded] = [start, ''];
  for (let i = 0; i < value.length; i++) {
    const breaks =
      value[i] === ' ' && line.length > BEST_WIDTH && i > 1 && i < value.length - 2 && value[i - 1] !== ' ' && value[i + 1] !== ' ';
    if (breaks) {
      folded += `${line}\n`;
      line = ' '.repeat(indent);
    } else line += value[i];
  }
  return folded + line;
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

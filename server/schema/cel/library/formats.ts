import {isLabelValue, isQualifiedName, nameIsDNS1035Label, nameIsDNSLabel, nameIsDNSSubdomain} from '../../../api/names.ts';
import {FORMATS} from '../../formats.ts';
import type {Functions} from '../declarations.ts';
import {declare} from '../declarations.ts';
import {objectType} from '../types.ts';
import type {Opaque} from '../values.ts';
import {list, opaque, optional} from '../values.ts';
import {parseURL} from './urls.ts';

export const FORMAT_TYPE = objectType('kubernetes.NamedFormat');

type Check = (text: string) => readonly string[];

const formatCheck =
  (format: string, message: string): Check =>
  text =>
    FORMATS[format]!(text) ? [] : [message];

const CHECKS: {readonly [name: string]: Check} = {
  dns1123Label: text => nameIsDNSLabel(text, false),
  dns1123Subdomain: text => nameIsDNSSubdomain(text, false),
  dns1035Label: text => nameIsDNS1035Label(text, false),
  qualifiedName: isQualifiedName,
  dns1123LabelPrefix: text => nameIsDNSLabel(text, true),
  dns1123SubdomainPrefix: text => nameIsDNSSubdomain(text, true),
  dns1035LabelPrefix: text => nameIsDNS1035Label(text, true),
  labelValue: isLabelValue,
  uri: text => {
    const url = parseURL(text);
    return typeof url === 'string' ? [url] : [];
  },
  uuid: formatCheck('uuid', 'does not match the UUID format'),
  byte: formatCheck('byte', 'invalid base64'),
  date: formatCheck('date', 'invalid date'),
  datetime: formatCheck('datetime', 'invalid datetime'),
};

const named = (name: string): Opaque => opaque('kubernetes.NamedFormat', name, other => name === other);

/** Named formats (k8s.io/apiserver/pkg/cel/library/format.go). */
export function formatLibrary(functions: Functions): void {
  const add = declare(functions, {Format: FORMAT_TYPE});
  add('validate', 'format-validate', 'Format.(string) -> optional(list(string))', (format: Opaque, text: string) => {
    const messages = CHECKS[format.value as string]!(text);
    return optional(messages.length === 0 ? undefined : list(messages));
  });
  add('format.named', 'format-named', '(string) -> optional(Format)', (name: string) =>
    optional(Object.hasOwn(CHECKS, name) ? named(name) : undefined),
  );
  for (const name of Object.keys(CHECKS)) {
    const value = named(name);
    add(`format.${name}`, `format-${name}`, '() -> Format', () => value);
  }
}

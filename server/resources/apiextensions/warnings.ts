import type {CustomResourceDefinitionSpec} from '../../api/kinds.generated.ts';
import {isKnownFormat} from '../../schema/formats.ts';
import {schemasOf} from './schemas.ts';

/** Formats that nobody checks; those of an older spec are not told again. */
export function formatWarnings(spec: CustomResourceDefinitionSpec, old: CustomResourceDefinitionSpec | undefined): string[] {
  const before = old ? unknownFormats(old) : [];
  return unknownFormats(spec)
    .filter(format => !before.includes(format))
    .map(format => `unrecognized format ${JSON.stringify(format)}`);
}

function unknownFormats(spec: CustomResourceDefinitionSpec): string[] {
  const formats = new Set<string>();
  for (const {format, type} of schemasOf(spec)) if (format && !isKnownFormat(format, type)) formats.add(format);
  return [...formats];
}

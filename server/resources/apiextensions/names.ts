import type {FieldError, FieldPath} from '../../api/field.ts';
import {child, invalid} from '../../api/field.ts';
import type {CustomResourceDefinitionNames} from '../../api/kinds.generated.ts';
import {isDNS1035Label} from '../../api/names.ts';
import {collect, each} from '../rules.ts';

/** Names a CRD asks for or has got. */
export const validateNames = (names: Partial<CustomResourceDefinitionNames>, path: FieldPath): FieldError[] =>
  collect(
    label(names.plural, child(path, 'plural')),
    label(names.singular, child(path, 'singular')),
    mixedCase(names.kind, child(path, 'kind')),
    mixedCase(names.listKind, child(path, 'listKind')),
    each(names.shortNames, child(path, 'shortNames'), labelItem),
    names.kind &&
      names.kind === names.listKind &&
      invalid(child(path, 'listKind'), names.listKind, 'kind and listKind may not be the same'),
    each(names.categories, child(path, 'categories'), labelItem),
  );

/** All that is wrong with the label in one message; none is fine. */
const label = (value: string | undefined, path: FieldPath): FieldError | undefined => (value ? labelItem(value, path) : undefined);

export function labelItem(value: string, path: FieldPath): FieldError | undefined {
  const messages = isDNS1035Label(value);
  return messages.length > 0 ? invalid(path, value, messages.join(',')) : undefined;
}

function mixedCase(value: string | undefined, path: FieldPath): FieldError | undefined {
  const messages = value ? isDNS1035Label(value.toLowerCase()) : [];
  return messages.length > 0 ? invalid(path, value, `may have mixed case, but should otherwise match: ${messages.join(',')}`) : undefined;
}

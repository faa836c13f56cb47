import type {FieldError, FieldPath} from '../../api/field.ts';
import {child, duplicate, required} from '../../api/field.ts';
import {collect, each} from '../rules.ts';

/** Conditions of these kinds need a type, each a different one. */
export const validateTypes = (conditions: readonly {type?: string}[] | undefined, path: FieldPath): FieldError[] =>
  each(conditions, path, ({type}, here, i) =>
    collect(
      conditions!.findIndex(other => other.type === type) < i && duplicate(child(here, 'type'), type ?? ''),
      !type && required(child(here, 'type')),
    ),
  );

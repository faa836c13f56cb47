import type {FieldError, FieldPath} from '../../api/field.ts';
import {required, tooLong} from '../../api/field.ts';
import {isDNS1123Subdomain, longerThan} from '../../api/names.ts';
import {collect, named} from '../rules.ts';

const MAX_LENGTH = 63;

/** The name of a CSI driver (ValidateCSIDriverName); case is forgiven. */
export const validateDriverName = (name: string | undefined, path: FieldPath): FieldError[] =>
  collect(
    !name && required(path),
    longerThan(name ?? '', MAX_LENGTH) && tooLong(path, MAX_LENGTH),
    name && named(name, path, value => isDNS1123Subdomain(value.toLowerCase())),
  );

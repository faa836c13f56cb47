import type {FieldError, FieldPath} from '../../api/field.ts';
import {child} from '../../api/field.ts';
import {isDNS1123Subdomain, isPathSegmentName} from '../../api/names.ts';
import {collect, named, requiredName} from '../rules.ts';

/** A reference by group (absent: core), kind and name (validateIngressTypedLocalObjectReference). */
export const validateTypedReference = (
  {apiGroup, kind, name}: {apiGroup?: string | null; kind?: string; name?: string},
  path: FieldPath,
): FieldError[] =>
  collect(
    apiGroup !== undefined && apiGroup !== null && named(apiGroup, child(path, 'apiGroup'), isDNS1123Subdomain),
    requiredName(kind, child(path, 'kind'), isPathSegmentName),
    requiredName(name, child(path, 'name'), isPathSegmentName),
  );

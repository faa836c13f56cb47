import type {FieldError, FieldPath} from '../../api/field.ts';
import {child, invalid, required} from '../../api/field.ts';
import {validateIP} from '../../api/ip.ts';
import type {IPAddress, ParentReference} from '../../api/kinds.generated.ts';
import {isDNS1123Subdomain, isPathSegmentName} from '../../api/names.ts';
import {internal, pointer, struct} from '../internal.ts';
import type {Strategy} from '../resource.ts';
import {collect, IMMUTABLE, named, requiredName, semanticEqual} from '../rules.ts';

/** Upstream: pkg/apis/networking/validation, pkg/registry/networking/ipaddress. */
export const ipAddress: Strategy = {
  // The detail of each error, less the value it starts with.
  validateName: name => validateIP('', name).map(({message}) => message.slice(`Invalid value: ${JSON.stringify(name)}: `.length)),
  validate: object => validateParent(parentOf(object as IPAddress), 'spec.parentRef'),
  validateUpdate(object, old) {
    const [parent, before] = [parentOf(object as IPAddress), parentOf(old as IPAddress)];
    return collect(
      validateParent(parent, 'spec.parentRef'),
      !semanticEqual(parent, before) && invalid('spec.parentRef', internal(parent, SHOWN), IMMUTABLE),
    );
  },
  generation: 'none',
};

const SHOWN = pointer(struct({group: '', resource: '', namespace: '', name: ''}));

const parentOf = (object: IPAddress): ParentReference | undefined => object.spec?.parentRef ?? undefined;

function validateParent(parent: ParentReference | undefined, path: FieldPath): FieldError[] {
  if (!parent) return [required(path)];
  const {group, resource, name, namespace} = parent;
  return collect(
    group && named(group, child(path, 'group'), isDNS1123Subdomain),
    requiredName(resource, child(path, 'resource'), isPathSegmentName),
    requiredName(name, child(path, 'name'), isPathSegmentName),
    namespace && named(namespace, child(path, 'namespace'), isPathSegmentName),
  );
}

import type {FieldError} from '../../api/field.ts';
import type {CSIStorageCapacity} from '../../api/kinds.generated.ts';
import {isDNS1123Subdomain} from '../../api/names.ts';
import {nodeSelectorWarnings} from '../core/node-labels.ts';
import type {Strategy} from '../resource.ts';
import {collect, immutable, immutableText, named, nonNegativeQuantity, validateLabelSelector} from '../rules.ts';

/** Upstream: pkg/apis/storage/validation, pkg/registry/storage/csistoragecapacity. */
export const csiStorageCapacity: Strategy = {
  validate: object => validate(object as CSIStorageCapacity),
  validateUpdate(object, old) {
    const [now, before] = [object as CSIStorageCapacity, old as CSIStorageCapacity];
    return collect(
      validate(now),
      immutable(now.nodeTopology, before.nodeTopology, 'nodeTopology'),
      immutableText(now.storageClassName, before.storageClassName, 'storageClassName'),
    );
  },
  warnings: object => nodeSelectorWarnings((object as CSIStorageCapacity).nodeTopology, 'nodeTopology'),
  generation: 'none',
  allowUnconditionalUpdate: false,
};

const validate = ({nodeTopology, storageClassName, capacity}: CSIStorageCapacity): FieldError[] =>
  collect(
    named(storageClassName, 'storageClassName', isDNS1123Subdomain),
    validateLabelSelector(nodeTopology, 'nodeTopology'),
    capacity !== undefined && nonNegativeQuantity(capacity, 'capacity'),
  );

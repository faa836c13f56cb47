import type {FieldError, FieldPath} from '../../api/field.ts';
import {child} from '../../api/field.ts';
import type {RuntimeClass, Scheduling} from '../../api/kinds.generated.ts';
import {isDNS1123Label} from '../../api/names.ts';
import {deprecatedNodeLabel} from '../core/node-labels.ts';
import {roundResources} from '../core/pod/defaults.ts';
import {validateContainerResources} from '../core/pod/resources.ts';
import {validateTolerations} from '../core/pod/scheduling.ts';
import type {Strategy} from '../resource.ts';
import {collect, immutableText, requiredName, validateLabels} from '../rules.ts';

/** Upstream: pkg/apis/node/validation, pkg/registry/node/runtimeclass. */
export const runtimeClass: Strategy = {
  defaults: object => roundResources((object as RuntimeClass).overhead?.podFixed),
  validate: object => validate(object as RuntimeClass),
  validateUpdate(object, old) {
    const [now, before] = [object as RuntimeClass, old as RuntimeClass];
    return collect(validate(now), immutableText(now.handler, before.handler, 'handler'));
  },
  warnings: object =>
    Object.keys((object as RuntimeClass).scheduling?.nodeSelector ?? {}).flatMap(key => {
      const message = deprecatedNodeLabel(key);
      return message === undefined ? [] : [`scheduling.nodeSelector: ${message}`];
    }),
  generation: 'none',
  allowCreateOnUpdate: true,
  allowUnconditionalUpdate: false,
};

const validate = ({handler, overhead, scheduling}: RuntimeClass): FieldError[] =>
  collect(
    requiredName(handler, 'handler', isDNS1123Label),
    overhead && validateContainerResources({limits: overhead.podFixed ?? {}}, new Set(), 'overhead', {}),
    scheduling && validateScheduling(scheduling, 'scheduling'),
  );

const validateScheduling = ({nodeSelector, tolerations}: Scheduling, path: FieldPath): FieldError[] =>
  collect(validateLabels(nodeSelector, child(path, 'nodeSelector')), validateTolerations(tolerations, child(path, 'tolerations')));

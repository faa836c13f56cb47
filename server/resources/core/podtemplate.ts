import type {PodTemplate} from '../../api/kinds.generated.ts';
import type {Strategy} from '../resource.ts';
import {semanticEqual} from '../rules.ts';
import {defaultPodTemplate, podTemplateWarnings, validatePodTemplate} from './pod/template.ts';

/** Upstream: pkg/apis/core/validation ValidatePodTemplate, pkg/registry/core/podtemplate. */
export const podTemplate: Strategy = {
  returnDeletedObject: true,
  metadataOnUpdate: 'update',
  defaults(object) {
    const own = object as PodTemplate;
    own.template ??= {};
    defaultPodTemplate(own.template);
  },
  generation: (object, old) => !semanticEqual(object.template, old.template),
  validate: object => validatePodTemplate((object as PodTemplate).template ?? {}, 'template'),
  validateUpdate: (object, old) => validatePodTemplate((object as PodTemplate).template ?? {}, 'template', (old as PodTemplate).template),
  warnings(object, old) {
    if (old && object.metadata.generation === old.metadata.generation) return [];
    return podTemplateWarnings((object as PodTemplate).template ?? {}, 'template');
  },
};

import type {FieldError, FieldPath} from '../../api/field.ts';
import {child, forbiddenField, required, tooLong} from '../../api/field.ts';
import type {IngressClass, IngressClassParametersReference, IngressClassSpec} from '../../api/kinds.generated.ts';
import {isDNS1123Label, longerThan} from '../../api/names.ts';
import type {Strategy} from '../resource.ts';
import {collect, domainPrefixedPath, immutableText, named, oneOf} from '../rules.ts';
import {validateTypedReference} from './references.ts';

/** Upstream: pkg/apis/networking/v1/defaults.go, pkg/apis/networking/validation, pkg/registry/networking/ingressclass. */
export const ingressClass: Strategy = {
  defaults(object) {
    const {parameters} = specOf(object as IngressClass);
    if (parameters) parameters.scope ??= 'Cluster';
  },
  validate: object => validateSpec(specOf(object as IngressClass), 'spec'),
  validateUpdate(object, old) {
    const spec = specOf(object as IngressClass);
    return collect(immutableText(spec.controller, specOf(old as IngressClass).controller, 'spec.controller'), validateSpec(spec, 'spec'));
  },
};

const MAX_CONTROLLER_LENGTH = 250;

const specOf = (object: IngressClass): IngressClassSpec => object.spec ?? {};

const validateSpec = ({controller, parameters}: IngressClassSpec, path: FieldPath): FieldError[] =>
  collect(
    longerThan(controller ?? '', MAX_CONTROLLER_LENGTH) && tooLong(child(path, 'controller'), MAX_CONTROLLER_LENGTH),
    domainPrefixedPath(controller, child(path, 'controller')),
    parameters && validateParameters(parameters, child(path, 'parameters')),
  );

function validateParameters(parameters: IngressClassParametersReference, path: FieldPath): FieldError[] {
  const {scope, namespace} = parameters;
  const ofNamespace = child(path, 'namespace');
  return collect(
    validateTypedReference(parameters, path),
    oneOf(scope, child(path, 'scope'), ['Cluster', 'Namespace']),
    scope === 'Namespace' &&
      (namespace === undefined
        ? required(ofNamespace, "`parameters.scope` is set to 'Namespace'")
        : named(namespace, ofNamespace, isDNS1123Label)),
    scope === 'Cluster' && namespace !== undefined && forbiddenField(ofNamespace, "`parameters.scope` is set to 'Cluster'"),
  );
}

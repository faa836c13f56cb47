import type {FieldError, FieldPath} from '../../api/field.ts';
import {at, child, invalid, required} from '../../api/field.ts';
import {parseIP, validateLegacyIP, warningsForIP} from '../../api/ip.ts';
import type {Json} from '../../api/json.ts';
import type {
  HTTPIngressPath,
  Ingress,
  IngressBackend,
  IngressLoadBalancerIngress,
  IngressRule,
  IngressSpec,
  IngressTLS,
} from '../../api/kinds.generated.ts';
import {isDNS1123Label, isDNS1123Subdomain, isPortName, isPortNumber, isWildcardDNS1123Subdomain} from '../../api/names.ts';
import type {Strategy} from '../resource.ts';
import {collect, each, named, oneOf, orNull, requiredName} from '../rules.ts';
import {validateTypedReference} from './references.ts';

const CLASS_ANNOTATION = 'kubernetes.io/ingress.class';

/** Upstream: pkg/apis/networking/validation, pkg/registry/networking/ingress. */
export const ingress: Strategy = {
  validate(object) {
    const spec = specOf(object as Ingress);
    const annotation = object.metadata.annotations?.[CLASS_ANNOTATION];
    return collect(
      validateSpec(spec, 'spec'),
      annotation !== undefined &&
        spec.ingressClassName !== undefined &&
        annotation !== spec.ingressClassName &&
        invalid(child('annotations', CLASS_ANNOTATION), annotation, 'must match `ingressClassName` when both are specified'),
    );
  },
  validateUpdate: object => validateSpec(specOf(object as Ingress), 'spec'),
  warnings: (object, old) =>
    !old && object.metadata.annotations?.[CLASS_ANNOTATION] !== undefined
      ? [`annotation "${CLASS_ANNOTATION}" is deprecated, please use 'spec.ingressClassName' instead`]
      : [],
  subresources: {
    status: {
      warnings: (object, old) => pointWarnings(object as Ingress, old as Ingress),
      validateUpdate(object, old) {
        const before = pointIPs(old as Ingress);
        const points = (object as Ingress).status?.loadBalancer?.ingress;
        return each(points, 'status.loadBalancer.ingress', (point, path) => validatePoint(point, path, before));
      },
    },
  },
};

const specOf = (object: Ingress): IngressSpec => object.spec ?? {};

const pointIPs = (object: Ingress): string[] => (object.status?.loadBalancer?.ingress ?? []).map(({ip}) => ip ?? '');

function pointWarnings(object: Ingress, old: Ingress): string[] {
  const before = pointIPs(old);
  return pointIPs(object).flatMap((ip, i) => (ip && !before.includes(ip) ? warningsForIP(at('status.loadBalancer.ingress', i), ip) : []));
}

function validatePoint({ip, hostname}: IngressLoadBalancerIngress, path: FieldPath, before: readonly string[]): FieldError[] {
  return collect(
    ip && validateLegacyIP(child(path, 'ip'), ip, before),
    hostname && named(hostname, child(path, 'hostname'), isDNS1123Subdomain),
    hostname && parseIP(hostname) && invalid(child(path, 'hostname'), hostname, 'must be a DNS name, not an IP address'),
  );
}

const validateSpec = (spec: IngressSpec, path: FieldPath): FieldError[] =>
  collect(
    (spec.rules ?? []).length === 0 &&
      !spec.defaultBackend &&
      invalid(path, orNull(spec.rules as Json | undefined), 'either `defaultBackend` or `rules` must be specified'),
    spec.defaultBackend && validateBackend(spec.defaultBackend, child(path, 'defaultBackend')),
    each(spec.rules, child(path, 'rules'), validateRule),
    each(spec.tls, child(path, 'tls'), validateTLS),
    spec.ingressClassName !== undefined && named(spec.ingressClassName, child(path, 'ingressClassName'), isDNS1123Subdomain),
  );

const validateHost = (host: string, path: FieldPath): FieldError[] =>
  named(host, path, host.includes('*') ? isWildcardDNS1123Subdomain : isDNS1123Subdomain);

const validateTLS = ({hosts, secretName}: IngressTLS, path: FieldPath): FieldError[] =>
  collect(each(hosts, child(path, 'hosts'), validateHost), secretName && named(secretName, child(path, 'secretName'), isDNS1123Subdomain));

function validateRule({host, http}: IngressRule, path: FieldPath): FieldError[] {
  const paths = child(path, 'http', 'paths');
  return collect(
    host && parseIP(host) && invalid(child(path, 'host'), host, 'must be a DNS name, not an IP address'),
    host && validateHost(host, child(path, 'host')),
    http && (http.paths ?? []).length === 0 && required(paths),
    http && each(http.paths, paths, validatePath),
  );
}

function validatePath({path: text = '', pathType, backend}: HTTPIngressPath, path: FieldPath): FieldError[] {
  const ofType = child(path, 'pathType');
  if (pathType === undefined || pathType === null) return [required(ofType, 'pathType must be specified')];
  return collect(
    validatePathText(text, pathType, child(path, 'path')),
    oneOf(pathType, ofType, ['Exact', 'ImplementationSpecific', 'Prefix']),
    validateBackend(backend ?? {}, child(path, 'backend')),
  );
}

const BAD_SEQUENCES = ['//', '/./', '/../', '%2f', '%2F'];
const BAD_SUFFIXES = ['/..', '/.'];

function validatePathText(text: string, pathType: string, path: FieldPath): FieldError[] {
  const relative = invalid(path, text, 'must be an absolute path');
  if (pathType === 'ImplementationSpecific') return text !== '' && !text.startsWith('/') ? [relative] : [];
  if (pathType !== 'Exact' && pathType !== 'Prefix') return [];
  return collect(
    !text.startsWith('/') && relative,
    BAD_SEQUENCES.filter(part => text.includes(part)).map(part => invalid(path, text, `must not contain '${part}'`)),
    BAD_SUFFIXES.filter(part => text.endsWith(part)).map(part => invalid(path, text, `cannot end with '${part}'`)),
  );
}

function validateBackend({resource, service}: IngressBackend, path: FieldPath): FieldError[] {
  if (resource && service) return [invalid(path, '', 'cannot set both resource and service backends')];
  if (resource) return validateTypedReference(resource, child(path, 'resource'));
  if (!service) return [invalid(path, '', 'resource or service backend is required')];
  const {name: portName, number} = service.port ?? {};
  const ofPort = child(path, 'service', 'port');
  return collect(
    requiredName(service.name, child(path, 'service', 'name'), isDNS1123Label),
    portName && number && invalid(path, '', 'cannot set both port name & port number'),
    portName && !number && named(portName, child(ofPort, 'name'), isPortName),
    number && !portName && isPortNumber(number).map(message => invalid(child(ofPort, 'number'), number, message)),
    !portName && !number && required(path, 'port name or number is required'),
  );
}

import type {FieldError, FieldPath} from '../../../api/field.ts';
import {child, forbiddenField, invalid, notSupported, required} from '../../../api/field.ts';
import type {HTTPGetAction, IntOrString, Lifecycle, LifecycleHandler, Probe} from '../../../api/kinds.generated.ts';
import {isHTTPHeaderName, isPortName, isPortNumber} from '../../../api/names.ts';
import {collect, named, nonNegative} from '../../rules.ts';

/** Where a container's handlers stand. */
export interface HandlerContext {
  /** The pod's grace period in seconds. */
  readonly gracePeriod: number | undefined;
}

export const validateLivenessProbe = (probe: Probe | undefined, path: FieldPath, context: HandlerContext): FieldError[] =>
  probe ? collect(validateProbe(probe, path, context), mustSucceedOnce(probe, path)) : [];

export const validateReadinessProbe = (probe: Probe | undefined, path: FieldPath, context: HandlerContext): FieldError[] =>
  probe
    ? collect(
        validateProbe(probe, path, context),
        probe.terminationGracePeriodSeconds !== undefined &&
          invalid(child(path, 'terminationGracePeriodSeconds'), probe.terminationGracePeriodSeconds, 'must not be set for readinessProbes'),
      )
    : [];

const mustSucceedOnce = ({successThreshold = 0}: Probe, path: FieldPath): FieldError | false =>
  successThreshold !== 1 && invalid(child(path, 'successThreshold'), successThreshold, 'must be 1');

const COUNTERS = ['initialDelaySeconds', 'timeoutSeconds', 'periodSeconds', 'successThreshold', 'failureThreshold'] as const;

const validateProbe = (probe: Probe, path: FieldPath, context: HandlerContext): FieldError[] =>
  collect(
    validateHandler(probe, path, context),
    ...COUNTERS.map(field => nonNegative(probe[field], child(path, field))),
    probe.terminationGracePeriodSeconds !== undefined &&
      probe.terminationGracePeriodSeconds <= 0 &&
      invalid(child(path, 'terminationGracePeriodSeconds'), probe.terminationGracePeriodSeconds, 'must be greater than 0'),
  );

export const validateLifecycle = ({postStart, preStop}: Lifecycle, path: FieldPath, context: HandlerContext): FieldError[] =>
  collect(
    postStart && validateHandler(postStart, child(path, 'postStart'), context),
    preStop && validateHandler(preStop, child(path, 'preStop'), context),
  );

const HANDLERS = ['exec', 'httpGet', 'tcpSocket', 'grpc', 'sleep'] as const;

/** Exactly one of the handlers; the first is checked, further ones are forbidden. */
function validateHandler(handler: Probe & LifecycleHandler, path: FieldPath, context: HandlerContext): FieldError[] {
  const given = HANDLERS.filter(name => handler[name] !== undefined);
  if (given.length === 0) return [required(path, 'must specify a handler type')];
  return given.flatMap((name, i) =>
    i > 0 ? [forbiddenField(child(path, name), 'may not specify more than 1 handler type')] : validateAction(handler, name, path, context),
  );
}

function validateAction(
  handler: Probe & LifecycleHandler,
  name: (typeof HANDLERS)[number],
  path: FieldPath,
  {gracePeriod}: HandlerContext,
): FieldError[] {
  const below = child(path, name);
  switch (name) {
    case 'exec':
      return handler.exec!.command?.length ? [] : [required(child(below, 'command'))];
    case 'httpGet':
      return validateHTTPGet(handler.httpGet!, below);
    case 'tcpSocket':
      return validatePort(handler.tcpSocket!.port, child(below, 'port'));
    case 'grpc':
      return validatePort(handler.grpc!.port ?? 0, child(below, 'port'));
    case 'sleep': {
      const seconds = handler.sleep!.seconds ?? 0;
      if (gracePeriod === undefined || (seconds >= 0 && seconds <= gracePeriod)) return [];
      return [invalid(below, seconds, `must be non-negative and less than terminationGracePeriodSeconds (${gracePeriod})`)];
    }
  }
}

const SCHEMES = ['HTTP', 'HTTPS'];

const validateHTTPGet = ({path: target, port, scheme = '', httpHeaders = []}: HTTPGetAction, path: FieldPath): FieldError[] =>
  collect(
    !target && required(child(path, 'path')),
    validatePort(port, child(path, 'port')),
    !SCHEMES.includes(scheme) && notSupported(child(path, 'scheme'), scheme, SCHEMES),
    ...httpHeaders.map(({name}) => named(name, child(path, 'httpHeaders'), isHTTPHeaderName)),
  );

/** A port by number or by name. */
export const validatePort = (port: IntOrString | undefined, path: FieldPath): FieldError[] =>
  typeof port === 'string' ? named(port, path, isPortName) : isPortNumber(port ?? 0).map(message => invalid(path, port ?? 0, message));

import type {RequestContext} from '../request/request.ts';
import type {StrategyContext} from '../resources/resource.ts';
import type {Environment} from './environment.ts';

/** What a kind's hooks may know of the request. */
export const strategyContext = ({clock, random, lookup}: Environment, context: RequestContext, dryRun: boolean): StrategyContext => ({
  clock,
  random,
  identity: context.identity,
  dryRun,
  namespaceLabels: namespace => lookup('', 'namespaces', '', namespace)?.metadata.labels ?? {},
  warn: message => warn(context, message),
});

/** Adds a Warning header, once per text. */
export function warn({warnings}: RequestContext, message: string): void {
  warnings.add(message);
}

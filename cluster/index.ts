/** The public surface of the package. */
export type {ApiClient, Identity, ResourceType} from '../server/api/client.ts';
export type {Clock} from '../server/api/clock.ts';
/** The shapes of all built-in objects: `kinds.Pod`. */
export type * as kinds from '../server/api/kinds.generated.ts';
/** What `client` asks for: `resources.pods`. */
export * as resources from '../server/api/resource-types.generated.ts';
export {ApiError, isApiError} from '../server/api/status.ts';
export type {ClusterClock} from './clock.ts';
export {StartError, UsageError} from './errors.ts';
export type {ClusterOptions} from './options.ts';
export {type Cluster, startCluster} from './start.ts';

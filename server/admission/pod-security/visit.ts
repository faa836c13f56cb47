import type {Container, PodSpec} from '../../api/kinds.generated.ts';
import type {ObjectMeta} from '../../api/object.ts';

/** A pod, or the template of one. */
export interface PodLike {
  readonly metadata: ObjectMeta;
  readonly spec: PodSpec;
}

/** Why a pod is refused, shortly and with particulars. */
export interface Violation {
  readonly reason: string;
  readonly detail: string;
}

/** Every container, in the order in which messages name them. */
export const allContainers = ({initContainers, containers, ephemeralContainers}: PodSpec): Container[] => [
  ...(initContainers ?? []),
  ...(containers ?? []),
  ...((ephemeralContainers ?? []) as unknown as Container[]),
];

/** The names of the containers that something is true of. */
export const containersThat = (spec: PodSpec, test: (container: Container) => boolean): string[] =>
  allContainers(spec)
    .filter(test)
    .map(({name}) => name);

/** `"a", "b"`; quotes in between are left as they are. */
export const quoted = (names: Iterable<string>): string => [...names].map(name => `"${name}"`).join(', ');

/** Each once, in order of their bytes. */
export const sortedSet = (values: Iterable<string>): string[] => [...new Set(values)].sort();

/** `container "a"`, `containers "a", "b"` */
export const namedContainers = (names: readonly string[]): string => `${plural('container', names.length)} ${quoted(names)}`;

export const plural = (word: string, count: number): string => (count === 1 ? word : `${word}s`);

/** `pod and containers "a", "b"`: who set something forbidden; '' if nobody did. */
export const setters = (pod: boolean, containers: readonly string[]): string =>
  [...(pod ? ['pod'] : []), ...(containers.length > 0 ? [namedContainers(containers)] : [])].join(' and ');

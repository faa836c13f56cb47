import type {ApiClient, ResourceType} from '../../server/api/client.ts';
import type {Clock} from '../../server/api/clock.ts';
import type {Informer, Named} from './informer.ts';
import {createInformer} from './informer.ts';

/** The informers of one process: one per resource, whoever asks (client-go SharedInformerFactory). */
export interface Informers {
  /** Starts it at the first asking. */
  for<T extends Named>(type: ResourceType<T>): Informer<T>;
  /** Stops and forgets the informer of a resource that is not served any more. */
  drop(type: Pick<ResourceType, 'group' | 'version' | 'resource'>): void;
  whenSynced(): Promise<void>;
  idle(): boolean;
  stop(): void;
}

export function createInformers(client: ApiClient, clock: Clock): Informers {
  const informers = new Map<string, Informer<Named>>();
  return {
    for<T extends Named>(type: ResourceType<T>): Informer<T> {
      const key = typeKey(type);
      const known = informers.get(key) as Informer<T> | undefined;
      if (known) return known;
      const informer = createInformer(client, clock, type);
      informers.set(key, informer as unknown as Informer<Named>);
      return informer;
    },
    drop(type) {
      informers.get(typeKey(type))?.stop();
      informers.delete(typeKey(type));
    },
    whenSynced: async () => void (await Promise.all([...informers.values()].map(informer => informer.whenSynced()))),
    idle: () => [...informers.values()].every(informer => informer.idle()),
    stop: () => [...informers.values()].forEach(informer => void informer.stop()),
  };
}

const typeKey = ({group, version, resource}: Pick<ResourceType, 'group' | 'version' | 'resource'>): string =>
  `${group}/${version}/${resource}`;

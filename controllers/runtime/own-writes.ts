import type {Informer, Named} from './informer.ts';

/**
 * Keeps a controller from acting on a cache that does not show yet what it wrote itself: a reconcile begins when the caches hold
 * everything that earlier ones wrote for the same key.
 */
export interface OwnWrites {
  /** `object` is the server's answer. */
  wrote<T extends Named>(key: string, informer: Informer<T>, object: T): void;
  shown(key: string): Promise<void>;
}

export function createOwnWrites(): OwnWrites {
  const written = new Map<string, Map<{reached(version: string): Promise<void>}, string>>();
  return {
    wrote(key, informer, {metadata: {resourceVersion}}) {
      if (!resourceVersion) return;
      const versions = written.get(key) ?? new Map();
      const last = versions.get(informer);
      if (last === undefined || Number(last) < Number(resourceVersion)) versions.set(informer, resourceVersion);
      written.set(key, versions);
    },
    async shown(key) {
      const versions = written.get(key);
      if (!versions) return;
      written.delete(key);
      for (const [informer, version] of versions) await informer.reached(version);
    },
  };
}

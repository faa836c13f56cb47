import {klona} from 'klona/json';
import type {ApiClient, WatchHandler} from '../server/api/client.ts';

/** The in-process client for people: its answers are the caller's own, where the server's are shared and frozen. */
export function copyingClient(client: ApiClient): ApiClient {
  const copied = async <T>(answer: Promise<T>): Promise<T> => klona(await answer);
  return {
    get: (...args) => copied(client.get(...args)),
    list: (...args) => copied(client.list(...args)),
    watch: (type, options, handler) => client.watch(type, options, copyingHandler(handler)),
    create: (...args) => copied(client.create(...args)),
    update: (...args) => copied(client.update(...args)),
    patch: (...args) => copied(client.patch(...args)),
    apply: (...args) => copied(client.apply(...args)),
    delete: (...args) => copied(client.delete(...args)),
    deleteCollection: (...args) => copied(client.deleteCollection(...args)),
    request: (...args) => copied(client.request(...args)),
    as: (...args) => copyingClient(client.as(...args)),
  };
}

const copyingHandler = <T>(handler: WatchHandler<T>): WatchHandler<T> => ({
  event: (type, object) => handler.event(type, klona(object)),
  end: error => handler.end(error),
});

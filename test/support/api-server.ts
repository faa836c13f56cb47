import {type Cluster, startCluster} from '../../cluster/index.ts';
import {createHttpClient, type HttpClient} from './http.ts';

/** An API server alone, and an administrator's client over HTTPS; there while the tests of a `describe` run. */
export interface ApiServer {
  cluster: Cluster;
  client: HttpClient;
}

/** Starts one before the tests of the surrounding `describe` and stops it after them. */
export function useApiServer(): ApiServer {
  const server = {} as ApiServer;
  before(async () => {
    server.cluster = await startCluster({token: 'admin', controllers: 'none', nodes: 0});
    server.client = createHttpClient(server.cluster.url, 'admin');
  });
  after(async () => {
    server.client.close();
    await server.cluster.stop();
  });
  return server;
}

import type {Duplex} from 'node:stream';

/** Carries bytes both ways until one side ends; `head` is what the client has sent already. */
export function relay(client: Duplex, head: Buffer, server: Duplex): void {
  if (head.length > 0) server.write(head);
  client.pipe(server);
  server.pipe(client);
  const end = () => {
    client.destroy();
    server.destroy();
  };
  for (const side of [client, server]) {
    side.on('error', end);
    side.on('close', end);
  }
}

import {Agent, request} from 'node:https';
import type {Json, JsonObject} from '../../server/api/json.ts';

/** An answer over the network. */
export interface Answer {
  status: number;
  headers: {[name: string]: string | string[] | undefined};
  text: string;
  /** The JSON in it; throws where there is none. */
  json(): JsonObject;
}

export interface HttpClient {
  send(method: string, path: string, body?: Json | Buffer, headers?: {[name: string]: string}): Promise<Answer>;
  /** Reads a watch, line by line; resolves when its answer begins. */
  watch(path: string, event: (event: JsonObject) => void): Promise<{stop(): void}>;
  close(): void;
}

/** A client over HTTPS with a bearer token. */
export function createHttpClient(url: string, token: string, connections = 16): HttpClient {
  const agent = new Agent({keepAlive: true, maxSockets: connections, rejectUnauthorized: false});
  const authorization = {Authorization: `Bearer ${token}`};
  return {
    send: (method, path, body, headers) =>
      new Promise((resolve, reject) => {
        const content = body === undefined || Buffer.isBuffer(body) ? body : Buffer.from(JSON.stringify(body));
        const type = content && {'Content-Type': 'application/json', 'Content-Length': String(content.length)};
        const outgoing = request(url + path, {method, agent, headers: {...authorization, ...type, ...headers}}, response => {
          const chunks: Buffer[] = [];
          response.on('data', (chunk: Buffer) => chunks.push(chunk));
          response.on('error', reject);
          response.on('end', () => {
            const text = Buffer.concat(chunks).toString();
            resolve({status: response.statusCode!, headers: response.headers, text, json: () => JSON.parse(text) as JsonObject});
          });
        });
        outgoing.on('error', reject).end(content);
      }),
    watch: (path, event) =>
      new Promise((resolve, reject) => {
        const outgoing = request(url + path, {headers: authorization, rejectUnauthorized: false}, response => {
          let rest = '';
          response.setEncoding('utf8').on('data', (text: string) => {
            const lines = (rest + text).split('\n');
            rest = lines.pop()!;
            for (const line of lines) event(JSON.parse(line) as JsonObject);
          });
          response.on('error', () => {});
          resolve({stop: () => outgoing.destroy()});
        });
        outgoing.on('error', reject).end();
      }),
    close: () => agent.destroy(),
  };
}

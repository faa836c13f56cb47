import {areas, loadArea, type Step} from '../../conformance/recording.ts';
import type {Json, JsonObject} from '../../server/api/json.ts';
import type {Random} from '../../server/api/random.ts';
import {OBJECTS} from './fuzz-objects.ts';
import {ACCEPT, OPERATIONS, PATCHES, QUERIES, SEGMENTS, STRANGE, SUBRESOURCES, TYPES, VALUES} from './fuzz-words.ts';

/** A request as it goes out. */
export interface Sent {
  method: string;
  path: string;
  headers: {[name: string]: string};
  body: string | Buffer | undefined;
}

type Pick = <T>(values: readonly T[]) => T;

interface Chances {
  chance(part: number): boolean;
  pick: Pick;
}

const chances = (random: Random): Chances => ({
  chance: part => random.float() < part,
  pick: values => values[random.integer(values.length)]!,
});

/** Requests about objects made by hand: every verb, subresources, patches. The same ones from the same random. */
export function mutatedObjects(random: Random): () => Sent {
  const mutations = createMutations(random);
  const {chance, pick} = mutations;
  return () => {
    const [collection, object] = pick(OBJECTS);
    const method = pick(['POST', 'POST', 'PUT', 'PATCH', 'PATCH', 'PATCH', 'GET', 'GET', 'DELETE', 'HEAD', 'OPTIONS']);
    const {name = 'x'} = (object.metadata as {name?: string} | undefined) ?? {};
    const named = method === 'POST' ? chance(0.15) : chance(0.8);
    const segments = named ? `/${chance(0.05) ? pick(SEGMENTS) : name}${pick(SUBRESOURCES)}` : '';
    const query = chance(0.5) ? [] : mutations.query(3);
    // A watch that nobody ends would keep the next request waiting.
    if (method === 'GET' && !named && chance(0.2)) query.push('watch=1', 'timeoutSeconds=0.1', 'resourceVersion=abc');
    const type = method === 'PATCH' && chance(0.9) ? pick(PATCHES) : chance(0.85) ? 'application/json' : pick(TYPES);
    const content = type === 'application/json-patch+json' && chance(0.9) ? mutations.operations(object) : mutations.value(object);
    const hasBody = method !== 'GET' && method !== 'HEAD' && (method !== 'DELETE' || chance(0.3));
    return {
      method,
      path: withQuery(`${collection}${segments}`, query),
      headers: {...(chance(0.3) && {Accept: pick(ACCEPT)}), ...(hasBody && {'Content-Type': type})},
      body: hasBody ? mutations.sometimesDamaged(JSON.stringify(content) ?? '') : undefined,
    };
  };
}

/**
 * The requests of the recordings that are answered at once, each with one thing about it changed. Those that would have all later ones
 * asked about at a webhook are left out.
 */
export function mutatedRecordings(random: Random): () => Sent {
  const mutations = createMutations(random);
  const {chance, pick} = mutations;
  const steps = recordedRequests();
  return () => {
    const {method, path, headers, body} = pick(steps);
    const changed = random.integer(10);
    const sent = {
      method: changed === 0 ? pick(['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS']) : method,
      path: changed === 1 ? mutations.path(path) : changed === 2 ? withQuery(path, mutations.query(1)) : path,
      headers,
      body: undefined,
    };
    if (body === undefined) return sent;
    if (changed <= 2 || chance(0.1)) return {...sent, body: toText(body)};
    return {...sent, body: mutations.sometimesDamaged(toText(typeof body === 'string' ? body : mutations.value(body)))};
  };
}

const toText = (body: Json): string => (typeof body === 'string' ? body : JSON.stringify(body));

interface RecordedRequest {
  method: string;
  path: string;
  headers: {[name: string]: string};
  /** Text is sent as it is. */
  body: Json | undefined;
}

function recordedRequests(): RecordedRequest[] {
  const fill = (text: string) => text.replaceAll('$NS', 'default').replace(/\$ID|\$\{\w+\}/g, 'fuzz');
  return areas()
    .flatMap(loadArea)
    .flatMap(({steps}) => steps)
    .filter(({method, watch, path}) => method !== undefined && !watch && !/watch=|\/watch\/|follow=|webhookconfigurations/.test(path!))
    .map(({method, path, headers, body, rawBody}: Step) => ({
      method: method!,
      path: fill(path!),
      headers: Object.fromEntries(Object.entries(headers ?? {}).filter((entry): entry is [string, string] => entry[1] !== null)),
      body:
        body === undefined ? (typeof rawBody === 'string' ? fill(rawBody) : undefined) : (JSON.parse(fill(JSON.stringify(body))) as Json),
    }));
}

const withQuery = (path: string, query: readonly string[]): string =>
  query.length === 0 ? path : `${path}${path.includes('?') ? '&' : '?'}${query.join('&')}`;

/** What may be done to the parts of a request. */
interface Mutations extends Chances {
  /** Other values, missing and unknown fields, longer lists, here and there. */
  value(value: Json): Json;
  /** A JSON patch of an object. */
  operations(object: JsonObject): Json;
  /** A text, in one of ten cases no longer well-formed. */
  sometimesDamaged(text: string): string | Buffer;
  path(path: string): string;
  /** One to `most` parameters. */
  query(most: number): string[];
}

function createMutations(random: Random): Mutations {
  const {chance, pick} = chances(random);
  return {
    chance,
    pick,
    value: value => mutate(value, 0),
    operations: object =>
      Array.from({length: 1 + random.integer(4)}, () => ({
        op: pick(OPERATIONS),
        path: pointer(object),
        ...(chance(0.5) && {from: pointer(object)}),
        ...(chance(0.7) && {value: pick(STRANGE)}),
      })),
    sometimesDamaged: text => (chance(0.1) ? damage(text) : text),
    path(path) {
      const parts = path.split('/');
      parts[1 + random.integer(parts.length - 1)] = pick(SEGMENTS);
      return parts.join('/');
    },
    query: most => Array.from({length: 1 + random.integer(most)}, () => `${pick(QUERIES)}=${pick(VALUES)}`),
  };

  function mutate(value: Json, depth: number): Json {
    if (chance(depth === 0 ? 0.02 : 0.12)) return pick(STRANGE);
    if (Array.isArray(value)) {
      const list = value.map(item => (chance(0.5) ? mutate(item, depth + 1) : item));
      if (chance(0.1)) list.push(list[0] ?? pick(STRANGE));
      return list;
    }
    if (typeof value !== 'object' || value === null) return value;
    const entries = Object.entries(value).map(([key, child]): [string, Json] => [
      key,
      chance(0.4) ? mutate(child as Json, depth + 1) : (child as Json),
    ]);
    if (chance(0.08)) entries.splice(random.integer(entries.length + 1), 1);
    if (chance(0.08)) entries.push([pick(['unknown', '__proto__', '', 'status', 'spec', 'metadata', 'items', '$patch']), pick(STRANGE)]);
    return Object.fromEntries(entries);
  }

  function damage(text: string): string | Buffer {
    const at = random.integer(text.length + 1);
    if (chance(0.3)) return text.slice(0, at);
    if (chance(0.3)) return Buffer.concat([Buffer.from(text.slice(0, at)), Buffer.from([0xff, 0xc0, 0x80]), Buffer.from(text.slice(at))]);
    const noise = ['{', '}', '[', ']', ',', ':', '"', '\\', '\\u12', '\u0000', '\n', '&a ', '*a', '!!binary ', '# ', '- ', '1e999'];
    return text.slice(0, at) + pick(noise) + text.slice(at);
  }

  function pointer(value: Json): string {
    if (typeof value !== 'object' || value === null || chance(0.2)) return '';
    const key = chance(0.1) ? pick(['-', '99', '~', '~2', '__proto__', '']) : pick(Object.keys(value));
    return key === undefined ? '/x' : `/${key.replaceAll('~', '~0').replaceAll('/', '~1')}${pointer((value as JsonObject)[key] ?? null)}`;
  }
}

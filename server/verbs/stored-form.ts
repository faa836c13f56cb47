import type {JsonObject} from '../api/json.ts';
import type {KubeObject} from '../api/object.ts';
import {isApiError, unknownError} from '../api/status.ts';
import type {ApiResponse, WatchFrame, WatchStream} from '../request/request.ts';
import type {Conversion, Resource} from '../resources/resource.ts';
import type {Entry} from '../storage/types.ts';

/** A stored object in the resource's version. */
export const fromStored = async ({view}: Resource, object: KubeObject): Promise<KubeObject> =>
  view.conversion ? (await view.conversion.fromHub([object]))[0]! : view.fromHub(object);

/** An object in which the resource's rules worked, as it is stored. */
export async function toStored({view, custom}: Resource, object: KubeObject): Promise<KubeObject> {
  if (!custom) return object;
  return view.conversion ? (await view.conversion.toHub([object]))[0]! : view.toHub(object);
}

/** A decoded body in the version in which the resource's rules work. */
export const toRules = ({view, custom}: Resource, body: KubeObject): KubeObject => (custom ? body : view.toHub(body));

/** A stored object in the version in which the resource's rules work. */
export const storedToRules = async (resource: Resource, object: KubeObject): Promise<KubeObject> =>
  resource.custom ? fromStored(resource, object) : object;

/** The answer with its objects already in the resource's version, where getting them there has to be waited for. */
export async function convertedAnswer(response: ApiResponse): Promise<ApiResponse> {
  const {body} = response;
  if (body.type !== 'entry' && body.type !== 'list' && body.type !== 'watch') return response;
  const {conversion} = body.resource.view;
  if (!conversion) return response;
  const resource = converted(body.resource);
  switch (body.type) {
    case 'entry':
      return {...response, body: {...body, resource, entry: (await convertedEntries([body.entry], conversion))[0]!}};
    case 'list':
      return {...response, body: {...body, resource, entries: await convertedEntries(body.entries, conversion)}};
    case 'watch':
      return {...response, body: {...body, resource, stream: convertedStream(body.stream, conversion)}};
  }
}

/** The resource for objects that are in its version already. */
function converted(resource: Resource): Resource {
  const {group, version, kind} = resource;
  return {...resource, view: {hub: {group, version, kind}, toHub: object => object, fromHub: object => object}};
}

async function convertedEntries(entries: readonly Entry[], conversion: Conversion): Promise<Entry[]> {
  const objects = await conversion.fromHub(entries.map(({object}) => object));
  return entries.map((entry, index) => convertedEntry(entry, objects[index]!));
}

function convertedEntry(entry: Entry, object: KubeObject): Entry {
  const {key, namespace, name, revision, labels, fields} = entry;
  return {
    key,
    namespace,
    name,
    revision,
    labels,
    fields,
    object,
    glance: object,
    get bytes() {
      return Buffer.from(JSON.stringify(object));
    },
    memo: (_format, make) => make(),
    at: later => convertedEntry(entry.at(later), {...object, metadata: {...object.metadata, resourceVersion: String(later)}}),
  };
}

/** Frames in order, those of one read converted together; the next are read when the reader has taken them. */
function convertedStream(stream: WatchStream, conversion: Conversion): WatchStream {
  let ready: WatchFrame[] = [];
  let busy = false;
  let failed = false;
  let wake = (): void => {};
  const convert = async (frames: readonly WatchFrame[]): Promise<void> => {
    try {
      ready = await convertedFrames(frames, conversion);
    } catch (error) {
      failed = true;
      const {status} = isApiError(error) ? error : unknownError((error as Error).message);
      ready = [{type: 'ERROR', status: status as unknown as JsonObject}];
      stream.close();
    }
    busy = false;
    wake();
  };
  return {
    read(limit) {
      if (ready.length > 0) return ready.splice(0, limit);
      if (busy || failed) return [];
      const frames = stream.read(limit);
      if (frames.every(({type}) => type === 'BOOKMARK' || type === 'ERROR')) return frames;
      busy = true;
      void convert(frames);
      return [];
    },
    get ended() {
      return (failed || stream.ended) && !busy && ready.length === 0;
    },
    onReady(callback) {
      wake = callback;
      stream.onReady(callback);
    },
    close() {
      wake = () => {};
      stream.close();
    },
  };
}

async function convertedFrames(frames: readonly WatchFrame[], conversion: Conversion): Promise<WatchFrame[]> {
  const entries = await convertedEntries(
    frames.flatMap(frame => (frame.type === 'BOOKMARK' || frame.type === 'ERROR' ? [] : [frame.entry])),
    conversion,
  );
  let next = 0;
  return frames.map(frame => (frame.type === 'BOOKMARK' || frame.type === 'ERROR' ? frame : {...frame, entry: entries[next++]!}));
}

import type {JsonObject} from '../api/json.ts';
import type {Accepted} from '../request/negotiate.ts';
import type {WatchFrame} from '../request/request.ts';
import type {Resource} from '../resources/resource.ts';
import {bookmark} from './bookmark.ts';
import {frameBytes} from './objects.ts';
import type {ProtobufCodec} from './protobuf.ts';
import {transformedFrame} from './transform.ts';
import {viewKey} from './view-key.ts';

/** Turns a watch's frames into bytes, one after the other: the first of a table watch carries the columns. */
export interface FrameEncoder {
  readonly contentType: string;
  encode(frame: WatchFrame): Buffer;
}

/** The encoder for what the client accepts; `now` tells cluster time, for ages. */
export function createFrameEncoder(resource: Resource, accepted: Accepted, now: () => number, protobuf: ProtobufCodec): FrameEncoder {
  if (accepted.mediaType === 'application/vnd.kubernetes.protobuf') return protobufEncoder(resource, accepted, now, protobuf);
  const contentType = 'application/json';
  if (accepted.as === '') return {contentType, encode: frame => frameBytes(resource, frame)};
  let first = true;
  return {
    contentType,
    encode(frame) {
      if (frame.type === 'ERROR') return frameBytes(resource, frame);
      const object = transformedFrame(resource, frame, accepted, now(), first);
      first = false;
      return Buffer.concat([Buffer.from(`{"type":"${frame.type}","object":`), object, END]);
    },
  };
}

const END = Buffer.from('}\n');

/** Frames of their own length; the same bytes for every watcher of the plain form. */
function protobufEncoder(resource: Resource, accepted: Accepted, now: () => number, protobuf: ProtobufCodec): FrameEncoder {
  const encode = (frame: WatchFrame): Buffer => {
    if (frame.type === 'ERROR') return protobuf.watchFrame('ERROR', protobuf.encode(frame.status));
    if (accepted.as !== '') {
      const object = JSON.parse(transformedFrame(resource, frame, accepted, now(), false).toString()) as JsonObject;
      return protobuf.watchFrame(frame.type, protobuf.encode(object));
    }
    if (frame.type === 'BOOKMARK') return protobuf.watchFrame('BOOKMARK', protobuf.encode(bookmark(resource, frame)));
    const {type, entry} = frame;
    return entry.memo(`protobuf ${type} ${viewKey(resource)}`, () =>
      protobuf.watchFrame(type, protobuf.encode(resource.view.fromHub(entry.glance))),
    );
  };
  return {contentType: 'application/vnd.kubernetes.protobuf;stream=watch', encode};
}

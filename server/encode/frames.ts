import type {Accepted} from '../request/negotiate.ts';
import type {WatchFrame} from '../request/request.ts';
import type {Resource} from '../resources/resource.ts';
import {frameBytes} from './encode.ts';
import {transformedFrame} from './transform.ts';

/** Turns a watch's frames into bytes, one after the other: the first of a table watch carries the columns. */
export interface FrameEncoder {
  readonly contentType: string;
  encode(frame: WatchFrame): Buffer;
}

/** The encoder for what the client accepts; `now` tells cluster time, for ages. */
export function createFrameEncoder(resource: Resource, accepted: Accepted, now: () => number): FrameEncoder {
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

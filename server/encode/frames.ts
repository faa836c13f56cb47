import {notAcceptable} from '../api/status.ts';
import type {Accepted} from '../request/negotiate.ts';
import type {WatchFrame} from '../request/request.ts';
import type {Resource} from '../resources/resource.ts';
import {frameBytes} from './encode.ts';

/** Turns a watch's frames into bytes, one after the other: the first of a table watch carries the columns. */
export interface FrameEncoder {
  readonly contentType: string;
  encode(frame: WatchFrame): Buffer;
}

/** The encoder for what the client accepts; `now` is cluster time at the start of the watch. */
export function createFrameEncoder(resource: Resource, accepted: Accepted, _now: number): FrameEncoder {
  if (accepted.as !== '') throw notAcceptable(`${accepted.as} is not served`);
  return {contentType: 'application/json', encode: frame => frameBytes(resource, frame)};
}

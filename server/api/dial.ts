import type {Duplex} from 'node:stream';

/** Connects to the kubelet of a node: one end of a plain HTTP/1.1 connection. Undefined: nobody answers there. */
export type Dial = (node: string) => Duplex | undefined;

import type {Duplex} from 'node:stream';

/** The kubelet of a node, or a port of a pod. */
export type DialTarget = {readonly node: string} | {readonly address: string; readonly port: number};

/** Connects to it: the client's end, on which kubelets speak plain HTTP/1.1. Undefined: nobody answers there. */
export type Dial = (target: DialTarget) => Duplex | undefined;

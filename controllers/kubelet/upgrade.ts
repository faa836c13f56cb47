import type {IncomingMessage} from 'node:http';
import {STATUS_CODES} from 'node:http';
import type {Duplex} from 'node:stream';
import {acceptChannels, offersChannels} from './channels.ts';
import {containerEnvironment} from './config.ts';
import {exitStatus, runCommand} from './exec.ts';
import type {KubeletState} from './handler.ts';
import {followLog} from './handler.ts';

/** exec and attach of the kubelet's HTTP interface, over WebSockets. */
export function kubeletUpgrade(state: KubeletState): (request: IncomingMessage, socket: Duplex, head: Buffer) => void {
  return (request, socket, head) => {
    const url = new URL(request.url ?? '/', 'http://kubelet');
    const [route, namespace = '', podName = '', containerName = ''] = url.pathname.split('/').slice(1).map(decodeURIComponent);
    const record = state.pod(namespace, podName);
    const container = record?.containers.find(({name}) => name === containerName);
    if (route !== 'exec' && route !== 'attach') return refuse(socket, 501, `the simulated kubelet does not support ${route}`);
    if (!offersChannels(request)) return refuse(socket, 501, `the simulated kubelet supports ${route} over WebSockets only`);
    if (!record || !container)
      return refuse(socket, 404, `container ${JSON.stringify(containerName)} not found in pod ${JSON.stringify(podName)}`);
    if (container.state.type !== 'running') return refuse(socket, 500, `container not found (${JSON.stringify(containerName)})`);
    const flag = (name: string) => ['1', 'true'].includes(url.searchParams.get(name) ?? '');
    acceptChannels(request, socket, head, channels => {
      if (route === 'attach') {
        const stop = followLog(
          state,
          record,
          container,
          text => channels.stdout(text),
          () => channels.end(exitStatus(0)),
        );
        return channels.onClose(stop);
      }
      const {podIP} = record;
      const env = containerEnvironment(container.spec, record.pod, podIP === undefined ? {} : {podIP});
      const argv = url.searchParams.getAll('command');
      runCommand(channels, {clock: state.clock, argv, env, stdin: flag('input'), tty: flag('tty')});
    });
  };
}

function refuse(socket: Duplex, status: number, text: string): void {
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    'Content-Type: text/plain; charset=utf-8',
    `Content-Length: ${Buffer.byteLength(text)}`,
    'Connection: close',
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${text}`);
}

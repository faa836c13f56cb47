import type {IncomingMessage} from 'node:http';
import {STATUS_CODES} from 'node:http';
import type {Duplex} from 'node:stream';
import type {Channels, Wanted} from './channels.ts';
import {acceptChannels, heldBack, offersChannels} from './channels.ts';
import {commandOf} from './container-process.ts';
import {exitStatus, runCommand} from './exec.ts';
import type {KubeletState} from './handler.ts';
import {followLog} from './handler.ts';
import {logOutput} from './logs.ts';
import {openPort} from './pod-ports.ts';
import type {ContainerRecord, PodRecord} from './pod-record.ts';
import {forwardOverSpdy, forwardOverWebSocket, PORT_FORWARD} from './port-forward.ts';
import type {Process} from './programs/process.ts';
import {messageOf} from './programs/process.ts';
import type {Handshake} from './spdy-channels.ts';
import {acceptSpdyChannels, answerSpdy, commandHandshake, offersSpdy, shakeHands} from './spdy-channels.ts';

/** exec, attach and port-forward of the kubelet's HTTP interface, over WebSockets and SPDY. */
export function kubeletUpgrade(state: KubeletState): (request: IncomingMessage, socket: Duplex, head: Buffer) => void {
  return (request, socket, head) => {
    const url = new URL(request.url ?? '/', 'http://kubelet');
    const [route, namespace = '', podName = '', containerName = ''] = url.pathname.split('/').slice(1).map(decodeURIComponent);
    const record = state.pod(namespace, podName);
    if (route === 'portForward') {
      if (!record) return refuse(socket, 404, `pod ${JSON.stringify(podName)} does not exist`);
      return forwardPorts(state, record, url.searchParams, request, socket, head);
    }
    if (route !== 'exec' && route !== 'attach') return refuse(socket, 501, `the simulated kubelet does not support ${route}`);
    const container = record?.containers.find(({name}) => name === containerName);
    if (!record || !container)
      return refuse(socket, 404, `container ${JSON.stringify(containerName)} not found in pod ${JSON.stringify(podName)}`);
    if (container.state.type !== 'running') return refuse(socket, 500, `container not found (${JSON.stringify(containerName)})`);
    const wanted = wantedStreams(url.searchParams);
    if (!wanted.stdin && !wanted.stdout && !wanted.stderr)
      return refuse(socket, 400, 'you must specify at least 1 of stdin, stdout, stderr');
    const run = route === 'attach' ? attach : execute;
    const start = (channels: Channels) => run(channels, {state, record, container, wanted, argv: url.searchParams.getAll('command')});
    if (offersChannels(request)) return acceptChannels(request, socket, head, wanted, start);
    if (!offersSpdy(request)) return refuse(socket, 400, 'unable to upgrade: missing upgrade headers in request');
    const handshake = commandHandshake(request);
    if ('protocol' in handshake) acceptSpdyChannels(socket, head, handshake.protocol, wanted, start);
    else refuseHandshake(socket, handshake);
  };
}

/** pkg/kubelet/server, remotecommand.NewOptions: a terminal has no stderr of its own. */
function wantedStreams(query: URLSearchParams): Wanted {
  const flag = (name: string) => ['1', 'true'].includes(query.get(name) ?? '');
  return {stdin: flag('input'), stdout: flag('output'), stderr: flag('error') && !flag('tty'), tty: flag('tty')};
}

interface Target {
  state: KubeletState;
  record: PodRecord;
  container: ContainerRecord;
  wanted: Wanted;
  argv: readonly string[];
}

function attach(channels: Channels, target: Target): void {
  const {state, record, container, wanted} = target;
  if (wanted.stdin && container.run?.reads && !container.attached) return void type(channels, target);
  const stop = followLog(state, record, container, channels.stdout, () => channels.end(exitStatus(0)));
  channels.onClose(stop);
}

/** Runs the command of a container that waits for input, with what the client sends. */
function type(channels: Channels, {state, record, container, wanted}: Target): void {
  const {clock} = state;
  const {metadata} = record.pod;
  const id = idOf(container);
  const input = heldBack(channels);
  container.attached = true;
  const ended = (code: number) => {
    stop();
    if (!container.attached) return;
    container.attached = false;
    if (idOf(container) === id) state.exited(record, container, code);
    channels.end(exitStatus(0));
  };
  const stop = state.onChange(metadata.namespace!, metadata.name!, () => {
    if (idOf(container) !== id) ended(0);
  });
  // With stdinOnce nobody else can type into it.
  if ('stdinOnce' in container.spec && container.spec.stdinOnce) channels.onClose(() => ended(0));
  enter(channels, state, record, container, process => {
    const options = {clock, argv: commandOf(container, process.env), process, stdin: true, tty: wanted.tty};
    runCommand(input, {...options, written: ({stream, bytes}) => logOutput(container, stream, String(bytes), clock.now())}, ended);
  });
}

const idOf = ({state}: ContainerRecord): string => (state.type === 'running' ? state.id : '');

function execute(channels: Channels, {state, record, container, wanted, argv}: Target): void {
  const input = heldBack(channels);
  enter(channels, state, record, container, process =>
    runCommand(input, {clock: state.clock, argv, process, stdin: wanted.stdin, tty: wanted.tty}, code => channels.end(exitStatus(code))),
  );
}

function enter(
  channels: Channels,
  {enter: open}: KubeletState,
  record: PodRecord,
  container: ContainerRecord,
  run: (process: Process) => void,
): void {
  open(record, container)
    .then(run)
    .catch(error => channels.end({metadata: {}, status: 'Failure', message: messageOf(error), reason: 'InternalError'}));
}

function forwardPorts(
  {enter}: KubeletState,
  record: PodRecord,
  query: URLSearchParams,
  request: IncomingMessage,
  socket: Duplex,
  head: Buffer,
): void {
  const {name, namespace, uid} = record.pod.metadata;
  const forwarding = {pod: `${name}_${namespace}`, uid: uid ?? '', open: (port: number) => openPort(record, port, enter)};
  const handshake = shakeHands(request, [PORT_FORWARD]);
  if (!offersSpdy(request)) {
    const ports = query.getAll('port').flatMap(list => list.split(',').map(Number));
    forwardOverWebSocket(request, socket, head, ports, forwarding);
  } else if ('protocol' in handshake) {
    answerSpdy(socket, head, handshake.protocol);
    forwardOverSpdy(socket, forwarding);
  } else refuseHandshake(socket, handshake);
}

function refuseHandshake(socket: Duplex, {status, text, accepted = []}: Exclude<Handshake, {protocol: string}>): void {
  refuse(
    socket,
    status,
    text,
    accepted.map(name => `X-Accepted-Stream-Protocol-Versions: ${name}`),
  );
}

function refuse(socket: Duplex, status: number, text: string, headers: readonly string[] = []): void {
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    ...headers,
    'Content-Type: text/plain; charset=utf-8',
    `Content-Length: ${Buffer.byteLength(text)}`,
    'Connection: close',
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${text}`);
}

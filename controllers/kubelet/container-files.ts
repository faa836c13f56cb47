import {posix} from 'node:path';
import type {VolumeMount} from '../../server/api/kinds.generated.ts';
import {knownImage} from './known-images.ts';
import type {ContainerRecord, PodRecord} from './pod-record.ts';
import type {Directory, Files} from './programs/files.ts';
import {cloneDirectory, createFiles, newDirectory, newFile} from './programs/files.ts';
import {programs} from './programs/index.ts';
import type {Sources} from './volumes.ts';
import {fillVolumes} from './volumes.ts';

/** The files of a container as they are now: its image, its volumes, and what its pod's commands have written. */
export function openFiles(record: PodRecord, container: ContainerRecord, sources: Sources, now: () => number): Files {
  catchUpAll(record, sources, now);
  catchUp(record, container, sources, now);
  return createFiles(container.files!.root, now);
}

/** The files that a container starts with, for a command that is only played through. */
export function freshFiles(
  record: PodRecord,
  container: ContainerRecord,
  sources: Sources,
  now: () => number,
  changed: (path: string, bytes: Buffer) => void,
): Files {
  const volumes = catchUpAll(record, sources, now, container);
  const copies = new Map([...volumes].map(([name, directory]) => [name, cloneDirectory(directory)]));
  return createFiles(newRoot({...record, volumes: copies}, container, sources, now), now, changed);
}

/** Brings the volumes of a pod up to date; gives them by name. */
function catchUpAll(record: PodRecord, sources: Sources, now: () => number, except?: ContainerRecord): Map<string, Directory> {
  record.volumes ??= new Map();
  fillVolumes(record.pod, record.volumes, sources, now);
  // One after the other, as they share volumes.
  for (const one of record.containers) if (one !== except && one.run?.files) catchUp(record, one, sources, now);
  return record.volumes;
}

function catchUp(record: PodRecord, container: ContainerRecord, sources: Sources, now: () => number): void {
  const {state, run} = container;
  const startedAt = state.type === 'waiting' ? 0 : state.startedAt;
  if (container.files?.startedAt !== startedAt) container.files = {root: newRoot(record, container, sources, now), startedAt, written: 0};
  const files = createFiles(container.files.root, now);
  const until = (state.type === 'terminated' ? state.finishedAt : now()) - startedAt;
  run?.rest?.until(until);
  for (const {at, path, bytes} of run?.files?.slice(container.files.written) ?? []) {
    if (at > until) break;
    container.files.written++;
    files.makeDirectory(posix.dirname(path), true);
    files.write(path, bytes);
  }
}

const DIRECTORIES =
  'bin dev etc home media mnt opt proc root run sbin srv sys tmp usr/bin usr/local usr/share var/cache var/lib var/log var/run'.split(' ');

function newRoot(record: PodRecord, container: ContainerRecord, sources: Sources, now: () => number): Directory {
  const root = newDirectory(now());
  const files = createFiles(root, now);
  for (const path of DIRECTORIES) files.makeDirectory(`/${path}`, true);
  for (const name of ['sh', ...programs.keys()]) files.mount(`/bin/${name}`, newFile('', now(), 0o755));
  const image = knownImage(container.spec.image ?? '');
  for (const [name, text] of Object.entries(image?.files ?? {})) files.mount(`${image!.root}/${name}`, newFile(text, now()));
  for (const [path, text] of Object.entries(hostFiles(record, sources))) files.write(path, Buffer.from(text));
  if (container.spec.workingDir) files.makeDirectory(posix.resolve('/', container.spec.workingDir), true);
  for (const mount of container.spec.volumeMounts ?? []) mountVolume(files, mount, record, now);
  return root;
}

/** What a kubelet puts into every container. */
function hostFiles({pod: {metadata, spec}, podIP = ''}: PodRecord, {surroundings: {services = []}}: Sources): {[path: string]: string} {
  const name = spec.hostname ?? metadata.name!;
  const master = services.find(one => one.metadata.name === 'kubernetes' && one.metadata.namespace === 'default')?.spec?.clusterIP;
  const search = ['svc.cluster.local', 'cluster.local'];
  return {
    '/etc/hostname': `${name}\n`,
    '/etc/hosts': `# Kubernetes-managed hosts file.\n127.0.0.1\tlocalhost\n${podIP}\t${name}\n`,
    '/etc/passwd': 'root:x:0:0:root:/root:/bin/sh\n',
    '/etc/group': 'root:x:0:\n',
    ...(master && {
      '/etc/resolv.conf': `search ${metadata.namespace}.${search[0]} ${search.join(' ')}\nnameserver ${master.replace(/\d+$/, '10')}\noptions ndots:5\n`,
    }),
  };
}

/** Volumes that show objects of the API are read-only whatever a mount says. */
function mountVolume(files: Files, mount: VolumeMount, record: PodRecord, now: () => number): void {
  const {name, mountPath, subPath, subPathExpr} = mount;
  const volume = record.volumes?.get(name);
  if (!volume) return;
  const source = record.pod.spec.volumes?.find(one => one.name === name);
  const readOnly = mount.readOnly || !!(source?.configMap || source?.secret || source?.projected || source?.downwardAPI);
  const below = subPath ?? subPathExpr;
  const inside = createFiles(volume, now);
  if (below && !inside.find(`/${below}`)) inside.makeDirectory(`/${below}`, true);
  const node = below ? inside.find(`/${below}`)! : volume;
  files.mount(posix.resolve('/', mountPath), node.type === 'directory' && readOnly ? {...node, readOnly} : node);
}

import {posix} from 'node:path';
import type {ConfigMap, DownwardAPIVolumeFile, KeyToPath, Pod, Secret, Volume} from '../../server/api/kinds.generated.ts';
import type {Surroundings} from './config.ts';
import {containerEnvironment} from './config.ts';
import type {Directory} from './programs/files.ts';
import {createFiles, newDirectory} from './programs/files.ts';

/** What volumes are filled from. */
export interface Sources {
  configMap(name: string): ConfigMap | undefined;
  secret(name: string): Secret | undefined;
  /** Of the pod's service account. */
  readonly token?: string;
  readonly surroundings: Surroundings;
}

type Contents = Map<string, Buffer>;

/** Fills the directories of a pod's volumes that show objects of the API; all others keep what is in them. */
export function fillVolumes(pod: Pod, volumes: Map<string, Directory>, sources: Sources, now: () => number): void {
  for (const volume of pod.spec.volumes ?? []) {
    const directory = volumes.get(volume.name) ?? newDirectory(now());
    volumes.set(volume.name, directory);
    const contents = contentsOf(volume, pod, sources);
    if (!contents) continue;
    directory.entries.clear();
    const files = createFiles(directory, now);
    for (const [path, bytes] of contents) {
      files.makeDirectory(posix.dirname(`/${path}`), true);
      files.write(`/${path}`, bytes);
    }
  }
}

/** Undefined: it is no volume that shows objects of the API. */
function contentsOf({configMap, secret, projected, downwardAPI}: Volume, pod: Pod, sources: Sources): Contents | undefined {
  if (configMap) return chosen(mapContents(sources.configMap(configMap.name ?? '')), configMap.items);
  if (secret) return chosen(secretContents(sources.secret(secret.secretName ?? '')), secret.items);
  if (downwardAPI) return fields(downwardAPI.items ?? [], pod, sources);
  if (!projected) return undefined;
  const all: Contents[] = (projected.sources ?? []).map(source => {
    if (source.configMap) return chosen(mapContents(sources.configMap(source.configMap.name ?? '')), source.configMap.items);
    if (source.secret) return chosen(secretContents(sources.secret(source.secret.name ?? '')), source.secret.items);
    if (source.downwardAPI) return fields(source.downwardAPI.items ?? [], pod, sources);
    const {token} = sources;
    return new Map(source.serviceAccountToken && token !== undefined ? [[source.serviceAccountToken.path, Buffer.from(token)]] : []);
  });
  return new Map(all.flatMap(contents => [...contents]));
}

const mapContents = ({data = {}, binaryData = {}}: ConfigMap = {} as ConfigMap): Contents =>
  new Map([...Object.entries(data).map(([key, text]): [string, Buffer] => [key, Buffer.from(text)]), ...decoded(binaryData)]);

const secretContents = ({data = {}}: Secret = {} as Secret): Contents => new Map(decoded(data));

const decoded = (data: {[key: string]: string}): [string, Buffer][] =>
  Object.entries(data).map(([key, value]) => [key, Buffer.from(value, 'base64')]);

/** With items only these keys, under their paths. */
function chosen(contents: Contents, items: readonly KeyToPath[] | undefined): Contents {
  if (!items || items.length === 0) return contents;
  return new Map(items.flatMap(({key, path}): [string, Buffer][] => (contents.has(key) ? [[path, contents.get(key)!]] : [])));
}

function fields(items: readonly DownwardAPIVolumeFile[], pod: Pod, {surroundings}: Sources): Contents {
  const text = ({fieldRef, resourceFieldRef}: DownwardAPIVolumeFile): string => {
    const map = /^metadata\.(labels|annotations)$/.exec(fieldRef?.fieldPath ?? '')?.[1] as 'labels' | 'annotations' | undefined;
    if (map) return formatMap(pod.metadata[map] ?? {});
    const valueFrom = {...(fieldRef && {fieldRef}), ...(resourceFieldRef && {resourceFieldRef})};
    return containerEnvironment({env: [{name: 'value', valueFrom}]}, pod, surroundings).get('value') ?? '';
  };
  return new Map(items.map(item => [item.path, Buffer.from(text(item))]));
}

/** pkg/fieldpath, FormatMap. */
const formatMap = (map: {[key: string]: string}): string =>
  Object.entries(map)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, value]) => `${key}=${JSON.stringify(value)}`)
    .join('\n');

import type {KeyToPath, Volume, VolumeProjection} from '../../../api/kinds.generated.ts';

interface Target {
  readonly path: string;
  /** Of which source of a projected volume; '' of others. */
  readonly source: string;
}

/** Files of a volume that lie on or below each other. */
export function overlapWarnings({name, configMap, secret, downwardAPI, projected}: Volume): string[] {
  const warn = (description: string, targets: readonly Target[]): string[] =>
    overlaps(targets).map(body => `volume ${JSON.stringify(name)} (${description}): overlapping paths: ${body}`);
  return [
    ...(configMap?.items ? warn(`ConfigMap ${JSON.stringify(configMap.name ?? '')}`, targetsOf(configMap.items)) : []),
    ...(secret?.items ? warn(`Secret ${JSON.stringify(secret.secretName ?? '')}`, targetsOf(secret.items)) : []),
    ...(downwardAPI?.items ? warn('DownwardAPI', targetsOf(downwardAPI.items)) : []),
    ...(projected?.sources ?? []).flatMap(source =>
      Object.keys(source).length === 0 ? [`volume ${JSON.stringify(name)} (Projected) has no sources provided`] : [],
    ),
    ...(projected ? warn('Projected', (projected.sources ?? []).flatMap(projectedTargets)) : []),
  ];
}

const targetsOf = (items: readonly Partial<KeyToPath>[], source = ''): Target[] => items.map(({path = ''}) => ({path, source}));

function projectedTargets({configMap, secret, downwardAPI, serviceAccountToken}: VolumeProjection): Target[] {
  if (configMap?.items) return targetsOf(configMap.items, `ConfigMap ${JSON.stringify(configMap.name ?? '')}`);
  if (secret?.items) return targetsOf(secret.items, `Secret ${JSON.stringify(secret.name ?? '')}`);
  if (downwardAPI?.items) return targetsOf(downwardAPI.items, 'DownwardAPI');
  return serviceAccountToken ? [{path: serviceAccountToken.path ?? '', source: 'ServiceAccountToken'}] : [];
}

function overlaps(targets: readonly Target[]): string[] {
  const seen: Target[] = [];
  const found: string[] = [];
  for (const {path, source} of targets) {
    const target = {path: path.replace(/\/+$/, ''), source};
    for (const other of seen) if (overlap(target.path, other.path)) found.push(`${show(target)} with ${show(other)}`);
    seen.push(target);
  }
  return found;
}

const overlap = (a: string, b: string): boolean => a !== '' && b !== '' && (`${a}/`.startsWith(`${b}/`) || `${b}/`.startsWith(`${a}/`));

const show = ({path, source}: Target): string => (source ? `${JSON.stringify(path)} (${source})` : JSON.stringify(path));

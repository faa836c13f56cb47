import type {Resource} from '../resources/resource.ts';

/** Names a view of stored objects in what entries remember: custom resources change with their CRD. */
export const viewKey = ({group, version, edition}: Pick<Resource, 'group' | 'version' | 'edition'>): string =>
  `${group}/${version} ${edition ?? ''}`;

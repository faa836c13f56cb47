import type {CustomResourceDefinitionNames} from '../api/kinds.generated.ts';
import type {TakenNames} from './names.ts';

/** The names that CRDs have, and which CRD has which: in each group a name is one CRD's. */
export interface AcceptedNames {
  /** The CRD has these and no others. */
  set(uid: string, group: string, names: CustomResourceDefinitionNames | undefined): void;
  forget(uid: string): void;
  /** What a CRD cannot have, for others of its group do. */
  ofOthers(uid: string, group: string): TakenNames;
}

export function createAcceptedNames(): AcceptedNames {
  const owners = new Map<string, string>();
  const owned = new Map<string, readonly string[]>();
  const forget = (uid: string): void => {
    for (const key of owned.get(uid) ?? []) if (owners.get(key) === uid) owners.delete(key);
    owned.delete(uid);
  };
  return {
    set(uid, group, names) {
      forget(uid);
      if (!names) return;
      const {plural, singular, shortNames = [], kind, listKind} = names;
      const resources = [plural, singular, ...shortNames].filter(name => name).map(name => resourceKey(group, name!));
      const kinds = [kind, listKind].filter(name => name).map(name => kindKey(group, name!));
      const keys = [...resources, ...kinds];
      for (const key of keys) owners.set(key, uid);
      owned.set(uid, keys);
    },
    forget,
    ofOthers(uid, group) {
      const isOthers = (key: string): boolean => (owners.get(key) ?? uid) !== uid;
      return {hasResource: name => isOthers(resourceKey(group, name)), hasKind: name => isOthers(kindKey(group, name))};
    },
  };
}

const resourceKey = (group: string, name: string): string => `resource ${group}/${name}`;
const kindKey = (group: string, name: string): string => `kind ${group}/${name}`;

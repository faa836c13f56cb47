import type {ObjectMeta, OwnerReference} from '../server/api/object.ts';

/** Which object a node stands for. `namespace` is '' for cluster-scoped objects. */
export interface Identity {
  apiVersion: string;
  kind: string;
  namespace: string;
  name: string;
  uid: string;
}

export interface Node {
  identity: Identity;
  owners: readonly OwnerReference[];
  readonly dependents: Set<Node>;
  /** Known only from a reference to it. */
  virtual: boolean;
  beingDeleted: boolean;
  /** Its deletion waits for that of its dependents. */
  deletingDependents: boolean;
}

/** What an event makes necessary: nodes to look at, by uid. */
export interface Consequences {
  delete: string[];
  orphan: string[];
  /** References to an owner of the same uid in another namespace. */
  crossNamespace: {node: Node; owner: OwnerReference}[];
}

/** Who owns whom (pkg/controller/garbagecollector/graph_builder.go). */
export interface Graph {
  get(uid: string): Node | undefined;
  /** An object came or changed. */
  put(identity: Identity, metadata: ObjectMeta): Consequences;
  /** An object is gone, or was never there. */
  remove(uid: string): Consequences;
}

export const ORPHAN = 'orphan';
export const FOREGROUND = 'foregroundDeletion';

export function createGraph(): Graph {
  const nodes = new Map<string, Node>();

  const connect = (node: Node, references: readonly OwnerReference[], result: Consequences) => {
    for (const reference of references) {
      const owner = nodes.get(reference.uid) ?? virtualNode(node, reference);
      owner.dependents.add(node);
      if (owner.virtual) result.delete.push(reference.uid);
      if (owner.virtual || isSame(owner.identity, reference, node)) continue;
      // The uid belongs to something else than the reference says: is the reference dangling?
      result.delete.push(node.identity.uid);
      if (owner.identity.namespace !== '' && owner.identity.namespace !== node.identity.namespace) {
        result.crossNamespace.push({node, owner: reference});
      }
    }
  };

  const virtualNode = (dependent: Node, reference: OwnerReference): Node => {
    const {apiVersion, kind, name, uid} = reference;
    const identity = {apiVersion, kind, name, uid, namespace: dependent.identity.namespace};
    const owner = {identity, owners: [], dependents: new Set<Node>(), virtual: true, beingDeleted: false, deletingDependents: false};
    nodes.set(uid, owner);
    return owner;
  };

  const disconnect = (node: Node, references: readonly OwnerReference[]) => {
    for (const {uid} of references) {
      const owner = nodes.get(uid);
      owner?.dependents.delete(node);
      if (owner?.virtual && owner.dependents.size === 0) nodes.delete(uid);
    }
  };

  /** Owners that wait for dependents, and may have one fewer to wait for. */
  const wakeWaiting = (references: readonly OwnerReference[], result: Consequences) => {
    for (const {uid} of references) if (nodes.get(uid)?.deletingDependents) result.delete.push(uid);
  };

  const changeOwners = (node: Node, references: readonly OwnerReference[], result: Consequences) => {
    const before = new Map(node.owners.map(reference => [reference.uid, reference]));
    const after = new Map(references.map(reference => [reference.uid, reference]));
    const removed = node.owners.filter(({uid}) => !after.has(uid));
    const unblocked = references.filter(({uid, blockOwnerDeletion}) => !blockOwnerDeletion && before.get(uid)?.blockOwnerDeletion);
    node.owners = references;
    connect(
      node,
      references.filter(({uid}) => !before.has(uid)),
      result,
    );
    wakeWaiting([...removed.filter(({blockOwnerDeletion}) => blockOwnerDeletion), ...unblocked], result);
    disconnect(node, removed);
    if (removed.length > 0) result.delete.push(node.identity.uid);
  };

  return {
    get: uid => nodes.get(uid),
    put(identity, {ownerReferences = [], deletionTimestamp, finalizers = []}) {
      const result: Consequences = {delete: [], orphan: [], crossNamespace: []};
      const known = nodes.get(identity.uid);
      const node = known ?? {
        identity,
        owners: [],
        dependents: new Set<Node>(),
        virtual: false,
        beingDeleted: false,
        deletingDependents: false,
      };
      if (!known) nodes.set(identity.uid, node);
      if (node.virtual) {
        node.virtual = false;
        // Dependents that named it otherwise have to be looked at again.
        const wrong = !isSameIdentity(node.identity, identity);
        node.identity = identity;
        if (wrong) for (const dependent of node.dependents) result.delete.push(dependent.identity.uid);
      }
      if (node.owners !== ownerReferences) changeOwners(node, ownerReferences, result);

      const wasDeletingDependents = node.deletingDependents;
      node.beingDeleted = deletionTimestamp !== undefined;
      if (node.beingDeleted && finalizers.includes(ORPHAN)) result.orphan.push(identity.uid);
      if (node.beingDeleted && finalizers.includes(FOREGROUND) && !wasDeletingDependents) {
        node.deletingDependents = true;
        result.delete.push(...[...node.dependents].map(dependent => dependent.identity.uid), identity.uid);
      }
      return result;
    },
    remove(uid) {
      const result: Consequences = {delete: [], orphan: [], crossNamespace: []};
      const node = nodes.get(uid);
      if (!node) return result;
      result.delete.push(...[...node.dependents].map(dependent => dependent.identity.uid));
      wakeWaiting(node.owners, result);
      disconnect(node, node.owners);
      node.owners = [];
      // Dependents still refer to it; without any, it can be forgotten.
      if (node.dependents.size === 0) nodes.delete(uid);
      else {
        node.virtual = true;
        node.deletingDependents = false;
      }
      return result;
    },
  };
}

const isSameIdentity = (a: Identity, b: Identity): boolean =>
  a.kind === b.kind &&
  a.name === b.name &&
  groupOf(a.apiVersion) === groupOf(b.apiVersion) &&
  (b.namespace === '' || a.namespace === b.namespace);

const isSame = (owner: Identity, reference: OwnerReference, dependent: Node): boolean =>
  isSameIdentity({...reference, namespace: dependent.identity.namespace}, owner);

const groupOf = (apiVersion: string): string => (apiVersion.includes('/') ? apiVersion.slice(0, apiVersion.indexOf('/')) : '');

/** Dependents for which the deletion of their owner waits. */
export const blockingDependents = ({identity, dependents}: Node): Node[] =>
  [...dependents].filter(({owners}) => owners.some(({uid, blockOwnerDeletion}) => uid === identity.uid && blockOwnerDeletion));

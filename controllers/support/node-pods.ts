import type {Pod} from '../../server/api/kinds.generated.ts';
import type {Informer} from '../runtime/informer.ts';

const NODE_INDEX = 'spec.nodeName';

/** Pods without node are filed under ''. */
export const indexByNode = (pods: Informer<Pod>): void => pods.addIndex(NODE_INDEX, ({spec}) => [spec?.nodeName ?? '']);

export const podsOn = (pods: Informer<Pod>, node: string): Pod[] => pods.by(NODE_INDEX, node);

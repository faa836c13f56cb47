import type {Value} from './values.ts';
import {isTagged} from './values.ts';

const TRAVERSAL = 0.1;
const REGEX = 0.25;
const AUTHORIZATION_CHECK = 350_000;
const LONGEST_FORMAT = 128;

const ceil = Math.ceil;

/** What one call costs (k8s.io/apiserver/pkg/cel/library/cost.go CallCost, cel-go interpreter/runtimecost.go). */
export function callCost(name: string, overload: string, args: readonly Value[], result: Value): number {
  switch (name) {
    case 'check':
      return AUTHORIZATION_CHECK;
    case 'fieldSelector':
    case 'labelSelector': {
      const length = sizeOf(args[1]!);
      return 10 + ceil(length * TRAVERSAL) + ceil(ceil(length * 0.5) * 50);
    }
    case 'isSorted':
    case 'sum':
    case 'max':
    case 'min':
    case 'indexOf':
    case 'lastIndexOf':
      return traversal(args[0]!);
    case 'url':
    case 'lowerAscii':
    case 'upperAscii':
    case 'substring':
    case 'trim':
    case 'jsonpatch.escapeKey':
    case 'cidr':
    case 'isIP':
    case 'isCIDR':
    case 'quantity':
    case 'isQuantity':
    case 'semver':
    case 'isSemver':
      return ceil(sizeOf(args[0]!) * TRAVERSAL);
    case 'ip':
      return overload === 'cidr_ip' ? 1 : ceil(sizeOf(args[0]!) * TRAVERSAL);
    case 'replace':
    case 'split':
    case 'ip.isCanonical':
      return ceil(sizeOf(args[0]!) * 2 * TRAVERSAL);
    case 'join':
      return ceil(sizeOf(result) * 2 * TRAVERSAL);
    case 'find':
    case 'findAll':
    case 'matches':
      return ceil((1 + sizeOf(args[0]!)) * TRAVERSAL) * ceil(sizeOf(args[1]!) * REGEX);
    case 'validate':
      return ceil((1 + sizeOf(args[1]!)) * TRAVERSAL) * ceil(LONGEST_FORMAT * REGEX);
    case 'containsIP':
    case 'containsCIDR': {
      const size = sizeOf(args[0]!);
      const compared = ceil(2 * size * TRAVERSAL) + (name === 'containsCIDR' ? ceil(size * TRAVERSAL) + 1 : 0);
      return compared + (overload.endsWith('_string') ? ceil(sizeOf(args[1]!) * TRAVERSAL) : 0);
    }
    case 'contains':
      return overload === 'contains_string' ? ceil(sizeOf(args[0]!) * TRAVERSAL) * ceil(sizeOf(args[1]!) * TRAVERSAL) : 1;
    case 'startsWith':
    case 'endsWith':
    case 'format':
    case 'strings.quote':
      return ceil(sizeOf(args[0]!) * TRAVERSAL);
    case '@in':
      return isTagged(args[1]!, 'list') ? sizeOf(args[1]!) : 1;
    case '_==_':
    case '_!=_':
    case '_<_':
    case '_<=_':
    case '_>_':
    case '_>=_':
      return isTagged(args[0]!, 'opaque') ? 1 : ceil(Math.min(sizeOf(args[0]!), sizeOf(args[1]!)) * TRAVERSAL);
    case '_+_':
      return overload === 'add_string' || overload === 'add_bytes' ? ceil((sizeOf(args[0]!) + sizeOf(args[1]!)) * TRAVERSAL) : 1;
    case 'slice':
    case 'lists.range':
    case 'reverse':
    case 'flatten':
      return 11 + sizeOf(result);
    case 'distinct':
    case 'sort':
    case '@sortByAssociatedKeys':
      return 11 + 2 * sizeOf(args[0]!) ** 2;
    case 'sets.contains':
    case 'sets.intersects':
      return 1 + sizeOf(args[0]!) * sizeOf(args[1]!);
    case 'sets.equivalent':
      return 1 + 2 * sizeOf(args[0]!) * sizeOf(args[1]!);
    default:
      return 1;
  }
}

/** size() of what has one, 1 of the rest. */
function sizeOf(value: Value): number {
  if (typeof value === 'string') return value.length;
  if (value instanceof Uint8Array) return value.length;
  if (isTagged(value, 'list')) return value.items.length;
  if (isTagged(value, 'map')) return value.entries.size;
  if (isTagged(value, 'optional') && value.value !== undefined) return sizeOf(value.value);
  if (isTagged(value, 'opaque')) return value.type === 'net.CIDR' || value.type === 'net.IP' ? 4 : 1;
  return 1;
}

function traversal(value: Value): number {
  if (typeof value === 'string') return Math.trunc(value.length * TRAVERSAL);
  if (isTagged(value, 'list')) return value.items.reduce<number>((sum, item) => sum + traversal(item), 0);
  if (isTagged(value, 'map')) return [...value.entries.values()].reduce((sum, [key, own]) => sum + traversal(key) + traversal(own), 0);
  return 1;
}

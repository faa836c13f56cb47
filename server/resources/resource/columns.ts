import type {ResourceResourceClaim, ResourceSlice} from '../../api/kinds.generated.ts';
import type {ColumnsByKind} from '../printing.ts';
import {AGE, column, NAME} from '../printing.ts';

export const columns: ColumnsByKind = {
  DeviceClass: [NAME, AGE],
  ResourceClaim: [NAME, column<ResourceResourceClaim>('State', printState), AGE],
  ResourceClaimTemplate: [NAME, AGE],
  ResourceSlice: [
    NAME,
    column<ResourceSlice>('Node', ({spec}) => spec?.nodeName ?? '', 'ResourceSliceSpec.nodeName'),
    column<ResourceSlice>('Driver', ({spec}) => spec?.driver ?? '', 'ResourceSliceSpec.driver'),
    column<ResourceSlice>('Pool', ({spec}) => spec?.pool?.name ?? '', 'ResourcePool.name'),
    AGE,
  ],
};

function printState({metadata, status}: Partial<ResourceResourceClaim>): string {
  const deleted = metadata?.deletionTimestamp ? ['deleted'] : [];
  if (!status?.allocation) return deleted[0] ?? 'pending';
  return [...deleted, 'allocated', ...(status.reservedFor?.length ? ['reserved'] : [])].join(',');
}

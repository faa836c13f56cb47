import type {ClusterRoleBinding, RoleBinding} from '../../api/kinds.generated.ts';
import type {ColumnsByKind, PrintedColumn} from '../printing.ts';
import {AGE, CREATED_AT, column, NAME} from '../printing.ts';

type Binding = RoleBinding | ClusterRoleBinding;

export const columns: ColumnsByKind = {
  ClusterRole: [NAME, CREATED_AT],
  Role: [NAME, CREATED_AT],
  ClusterRoleBinding: bindingColumns('ClusterRoleBinding'),
  RoleBinding: bindingColumns('RoleBinding'),
};

function bindingColumns(kind: string): PrintedColumn[] {
  return [
    NAME,
    column<Binding>('Role', ({roleRef}) => (roleRef ? `${roleRef.kind}/${roleRef.name}` : '/'), `api.rbac.v1beta1.${kind}.roleRef`),
    AGE,
    column<Binding>('Users', binding => subjectsOf(binding, 'User')),
    column<Binding>('Groups', binding => subjectsOf(binding, 'Group')),
    column<Binding>('ServiceAccounts', binding => subjectsOf(binding, 'ServiceAccount')),
  ];
}

function subjectsOf({subjects}: Partial<Binding>, wanted: string): string {
  return (subjects ?? [])
    .filter(({kind}) => kind === wanted)
    .map(({namespace, name}) => (wanted === 'ServiceAccount' ? `${namespace ?? ''}/${name}` : name))
    .join(', ');
}

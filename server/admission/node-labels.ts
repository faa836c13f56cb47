type Labels = {readonly [name: string]: string} | undefined;

const OWN_PREFIX = /^([^/]*\.)?(kubelet|node)\.kubernetes\.io$/;
const RESTRICTION = /^([^/]*\.)?node-restriction\.kubernetes\.io$/;
const KUBERNETES = /^([^/]*\.)?(kubernetes|k8s)\.io$/;

/** The labels of `kubernetes.io` and `k8s.io` that kubelets give their nodes themselves. */
const OWN_LABELS = new Set([
  'kubernetes.io/hostname',
  'kubernetes.io/os',
  'kubernetes.io/arch',
  'beta.kubernetes.io/os',
  'beta.kubernetes.io/arch',
  'beta.kubernetes.io/instance-type',
  'node.kubernetes.io/instance-type',
  'failure-domain.beta.kubernetes.io/region',
  'failure-domain.beta.kubernetes.io/zone',
  'topology.kubernetes.io/region',
  'topology.kubernetes.io/zone',
]);

/** The labels that differ and that a kubelet may not set: those by which others keep pods from nodes (k8s.io/kubelet/pkg/apis). */
export const changedLabels = (now: Labels, before: Labels): string[] =>
  [...new Set([...Object.keys(now ?? {}), ...Object.keys(before ?? {})])]
    .filter(name => now?.[name] !== before?.[name] && isForbidden(name))
    .sort();

function isForbidden(label: string): boolean {
  const domain = label.includes('/') ? label.slice(0, label.indexOf('/')) : '';
  if (RESTRICTION.test(domain)) return true;
  return KUBERNETES.test(domain) && !OWN_LABELS.has(label) && !OWN_PREFIX.test(domain);
}

import type {Container} from '../../server/api/kinds.generated.ts';
import type {ContainerRecord, PodRecord, Termination} from './pod-record.ts';

/** Whether a container that ended is started again. */
export function restarts(container: ContainerRecord, {pod}: PodRecord): boolean {
  const {kind, spec, state} = container;
  if (kind === 'ephemeral' || state.type !== 'terminated') return false;
  if (kind === 'sidecar') return true;
  const failed = state.exitCode !== 0;
  if (failed && matchesRestartRule(container, state)) return true;
  const policy = ('restartPolicy' in spec && spec.restartPolicy) || (pod.spec.restartPolicy ?? 'Always');
  // An init container that succeeded is done, whatever the policy.
  return kind === 'init' ? failed && policy !== 'Never' : policy === 'Always' || (policy === 'OnFailure' && failed);
}

const matchesRestartRule = ({spec}: ContainerRecord, {exitCode}: Termination): boolean =>
  ((spec as Container).restartPolicyRules ?? []).some(({action, exitCodes}) => {
    const listed = exitCodes?.values?.includes(exitCode) ?? false;
    return action === 'Restart' && (exitCodes?.operator === 'NotIn' ? !listed : listed);
  });

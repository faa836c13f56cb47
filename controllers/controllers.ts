import type {ControllerDefinition} from './runtime/definition.ts';

/** Every controller of kube-controller-manager, in its order of start. */
export const controllers: readonly ControllerDefinition[] = [];

/** What a plugin remembers of the hooks it has called for one request, by whatever tells them apart. */
export interface HookMemory {
  /** Those to be called again. */
  readonly due: Set<unknown>;
  /** Those that want to be called again once somebody after them changes the object. */
  readonly called: Set<unknown>;
  /** The object as the plugin left it, as JSON. */
  left?: string;
}

/** One way of a request through the plugins that may change it: a second one follows if hooks changed it (k8s.io/apiserver/pkg/admission/reinvocation.go). */
export interface Round {
  /** Is it the second time? */
  readonly again: boolean;
  /** Every plugin has to look at the object once more. */
  askAgain(): void;
  memory(plugin: string): HookMemory;
}

export interface Rounds {
  readonly first: Round;
  /** Undefined: nobody asked for it. */
  second(): Round | undefined;
}

export function createRounds(): Rounds {
  const memories = new Map<string, HookMemory>();
  let wanted = false;
  const round = (again: boolean): Round => ({
    again,
    askAgain() {
      wanted = true;
    },
    memory(plugin) {
      const known = memories.get(plugin) ?? {due: new Set(), called: new Set()};
      memories.set(plugin, known);
      return known;
    },
  });
  return {first: round(false), second: () => (wanted ? round(true) : undefined)};
}

/** The object has changed: whoever was called before and wants to see it is due. */
export function recall({due, called}: HookMemory): void {
  for (const hook of called) due.add(hook);
  called.clear();
}

/** At the beginning of a plugin's turn: others may have changed the object since. */
export function recallIfChanged(memory: HookMemory, object: unknown): void {
  if (memory.left !== undefined && memory.left !== JSON.stringify(object)) recall(memory);
}

/** At the end of a plugin's turn. */
export function remember(memory: HookMemory, object: unknown): void {
  if (memory.called.size > 0) memory.left = JSON.stringify(object);
}

/** What pod rules have to know of where the spec stands (PodValidationOptions; features of 1.36 at their defaults are rules, not options). */
export interface PodOptions {
  /** In a Pod, not in a template. */
  readonly isPod?: boolean;
  /** Name of the pod, where it is known. */
  readonly podName?: string;
  readonly annotations?: {readonly [key: string]: string};
  /** Updates go on taking what was there before. */
  readonly allowInvalidSelectorValues?: boolean;
  readonly allowInvalidNodeAffinityValues?: boolean;
  readonly allowInvalidSpreadSelector?: boolean;
  readonly allowIndivisibleHugePages?: boolean;
  readonly allowHostSysctls?: boolean;
  readonly allowNonLocalTokenPath?: boolean;
  readonly allowInvalidDeletionCost?: boolean;
  readonly allowDevicesInUserNamespace?: boolean;
  readonly allowRestartContainerForInit?: boolean;
  /** seLinuxChangePolicy MountOption, whose feature is off by default. */
  readonly allowMountOption?: boolean;
}

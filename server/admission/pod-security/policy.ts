import type {FieldError} from '../../api/field.ts';
import {at, invalid} from '../../api/field.ts';

export const LEVELS = ['privileged', 'baseline', 'restricted'] as const;
export type Level = (typeof LEVELS)[number];

/** A level as it was in one minor version of Kubernetes 1. */
export interface LevelVersion {
  readonly level: Level;
  readonly version: number | 'latest';
}

/** What happens to pods beyond a level. */
export const MODES = ['enforce', 'audit', 'warn'] as const;
export type Mode = (typeof MODES)[number];

/** What a namespace asks for (k8s.io/pod-security-admission/api.Policy). */
export interface Policy extends Levels {
  /** Labels that say nothing understandable: they count as the strictest level, or as none where nothing is refused. */
  readonly errors: FieldError[];
}

export type Levels = {readonly [mode in Mode]: LevelVersion};

const PREFIX = 'pod-security.kubernetes.io/';
const UNLIMITED: LevelVersion = {level: 'privileged', version: 'latest'};
export const NO_LEVELS: Levels = {enforce: UNLIMITED, audit: UNLIMITED, warn: UNLIMITED};

/** `latest` or `v1.x`; undefined: neither. */
export function parseVersion(text: string): LevelVersion['version'] | undefined {
  if (text === 'latest') return text;
  const minor = /^v1\.(0|[1-9]\d{0,5})$/.exec(text)?.[1];
  return minor === undefined ? undefined : Number(minor);
}

/** Does the namespace name a level for the mode? */
export const asksFor = (labels: {readonly [name: string]: string} | undefined, mode: Mode): boolean =>
  labels?.[PREFIX + mode] !== undefined;

/** The policy of a namespace's labels; `defaults` are for what they do not say. */
export function policyOf(labels: {readonly [name: string]: string} | undefined, defaults: Levels = NO_LEVELS): Policy {
  const errors: FieldError[] = [];
  const level = (mode: string, otherwise: Level): Level | undefined => {
    const text = labels?.[PREFIX + mode];
    if (text === undefined || LEVELS.includes(text as Level)) return text as Level | undefined;
    errors.push(invalid(at('metadata.labels', PREFIX + mode), text, `must be one of ${LEVELS.join(', ')}`));
    return otherwise;
  };
  const version = (mode: string): LevelVersion['version'] | undefined => {
    const text = labels?.[`${PREFIX}${mode}-version`];
    const found = text === undefined ? undefined : parseVersion(text);
    if (text === undefined || found !== undefined) return found;
    errors.push(invalid(at('metadata.labels', `${PREFIX}${mode}-version`), text, 'must be "latest" or "v1.x"'));
    return 'latest';
  };
  const asked = level('enforce', 'restricted');
  const understood = asked !== undefined && errors.length === 0;
  const enforce = {level: asked ?? defaults.enforce.level, version: version('enforce') ?? defaults.enforce.version};
  const audit = {level: level('audit', 'privileged') ?? defaults.audit.level, version: version('audit') ?? defaults.audit.version};
  // Who enforces something is also warned of it, where a template may only be warned about.
  const inherited = understood ? enforce : defaults.warn;
  const warned = level('warn', 'privileged');
  const warn = {level: warned ?? inherited.level, version: version('warn') ?? (warned === undefined ? inherited : defaults.warn).version};
  return {enforce, audit, warn, errors};
}

export const isUnlimited = ({level}: LevelVersion): boolean => level === 'privileged';

export const sameLevel = (a: LevelVersion, b: LevelVersion): boolean => a.level === b.level && a.version === b.version;

/** Is `a` stricter than `b`? */
export const isStricter = (a: LevelVersion, b: LevelVersion): boolean => LEVELS.indexOf(a.level) > LEVELS.indexOf(b.level);

/** `restricted:latest`, `baseline:v1.20` */
export const formatLevel = ({level, version}: LevelVersion): string => `${level}:${version === 'latest' ? version : `v1.${version}`}`;

import type {FieldError} from '../../api/field.ts';
import {at, invalid} from '../../api/field.ts';

export const LEVELS = ['privileged', 'baseline', 'restricted'] as const;
export type Level = (typeof LEVELS)[number];

/** A level as it was in one minor version of Kubernetes 1. */
export interface LevelVersion {
  readonly level: Level;
  readonly version: number | 'latest';
}

/** What a namespace asks for (k8s.io/pod-security-admission/api.Policy). */
export interface Policy {
  readonly enforce: LevelVersion;
  readonly audit: LevelVersion;
  readonly warn: LevelVersion;
  /** Labels that say nothing understandable: they count as the strictest level, or as none where nothing is refused. */
  readonly errors: FieldError[];
}

const PREFIX = 'pod-security.kubernetes.io/';
const UNLIMITED: LevelVersion = {level: 'privileged', version: 'latest'};

/** The policy of a namespace's labels. */
export function policyOf(labels: {readonly [name: string]: string} | undefined): Policy {
  const errors: FieldError[] = [];
  const level = (mode: string, otherwise: Level): Level | undefined => {
    const text = labels?.[PREFIX + mode];
    if (text === undefined || LEVELS.includes(text as Level)) return text as Level | undefined;
    errors.push(invalid(at('metadata.labels', PREFIX + mode), text, `must be one of ${LEVELS.join(', ')}`));
    return otherwise;
  };
  const version = (mode: string): LevelVersion['version'] | undefined => {
    const text = labels?.[`${PREFIX}${mode}-version`];
    if (text === undefined || text === 'latest') return text;
    const minor = /^v1\.(0|[1-9]\d{0,5})$/.exec(text)?.[1];
    if (minor !== undefined) return Number(minor);
    errors.push(invalid(at('metadata.labels', `${PREFIX}${mode}-version`), text, 'must be "latest" or "v1.x"'));
    return 'latest';
  };
  const asked = level('enforce', 'restricted');
  const understood = asked !== undefined && errors.length === 0;
  const enforce = {level: asked ?? 'privileged', version: version('enforce') ?? 'latest'};
  const audit = {level: level('audit', 'privileged') ?? 'privileged', version: version('audit') ?? 'latest'};
  // Who enforces something is also warned of it, where a template may only be warned about.
  const inherited = understood ? enforce : UNLIMITED;
  const warned = level('warn', 'privileged');
  const warn = {level: warned ?? inherited.level, version: version('warn') ?? (warned === undefined ? inherited.version : 'latest')};
  return {enforce, audit, warn, errors};
}

export const isUnlimited = ({level}: LevelVersion): boolean => level === 'privileged';

export const sameLevel = (a: LevelVersion, b: LevelVersion): boolean => a.level === b.level && a.version === b.version;

/** Is `a` stricter than `b`? */
export const isStricter = (a: LevelVersion, b: LevelVersion): boolean => LEVELS.indexOf(a.level) > LEVELS.indexOf(b.level);

/** `restricted:latest`, `baseline:v1.20` */
export const formatLevel = ({level, version}: LevelVersion): string => `${level}:${version === 'latest' ? version : `v1.${version}`}`;

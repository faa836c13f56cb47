/**
 * What names of all sorts may look like. Each check returns upstream's messages, none if the name is good
 * (k8s.io/apimachinery/pkg/util/validation and pkg/api/validate/content).
 */
export type NameCheck = (value: string) => string[];

const LABEL = '[a-z0-9]([-a-z0-9]*[a-z0-9])?';
const SUBDOMAIN = `${LABEL}(\\.${LABEL})*`;
const UNDERSCORE_LABEL = '_?[a-z0-9]([-_a-z0-9]*[a-z0-9])?';
const UNDERSCORE_SUBDOMAIN = `${UNDERSCORE_LABEL}(\\.${UNDERSCORE_LABEL})*`;
const DNS1035 = '[a-z]([-a-z0-9]*[a-z0-9])?';
const KEY = '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]';
const C_IDENTIFIER = '[A-Za-z_][A-Za-z0-9_]*';
const CONFIG_KEY = '[-._a-zA-Z0-9]+';
const HTTP_HEADER = '[-A-Za-z0-9]+';
const HTTP_PATH = "[A-Za-z0-9/\\-._~%!$&'()*+,;=:]+";
const CONDITION_REASON = '[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?';

const whole = (pattern: string): RegExp => new RegExp(`^(?:${pattern})$`);
const LABEL_PATTERN = whole(LABEL);
const SUBDOMAIN_PATTERN = whole(SUBDOMAIN);
const UNDERSCORE_SUBDOMAIN_PATTERN = whole(UNDERSCORE_SUBDOMAIN);
const DNS1035_PATTERN = whole(DNS1035);
const WILDCARD_PATTERN = whole(`\\*\\.${SUBDOMAIN}`);
const KEY_PATTERN = whole(KEY);
const C_IDENTIFIER_PATTERN = whole(C_IDENTIFIER);
const CONFIG_KEY_PATTERN = whole(CONFIG_KEY);
const HTTP_HEADER_PATTERN = whole(HTTP_HEADER);
const HTTP_PATH_PATTERN = whole(HTTP_PATH);
const CONDITION_REASON_PATTERN = whole(CONDITION_REASON);

/** `must be no more than 63 characters`; the length is counted in UTF-8 bytes all the same. */
export const maxLengthMessage = (maximum: number): string => `must be no more than ${maximum} characters`;
/** As newer checks (labels, declarative validation) say it. */
export const maxBytesMessage = (maximum: number): string => `must be no more than ${maximum} bytes`;
export const rangeMessage = (low: number, high: number): string => `must be between ${low} and ${high}, inclusive`;

/** `message (e.g. 'a',  or 'b', regex used for validation is 'pattern')`, with upstream's odd spaces. */
export function regexMessage(message: string, pattern: string, ...examples: string[]): string {
  if (examples.length === 0) return `${message} (regex used for validation is '${pattern}')`;
  const list = examples.map(example => `'${example}', `).join(' or ');
  return `${message} (e.g. ${list}regex used for validation is '${pattern}')`;
}

const SUBDOMAIN_MESSAGE = regexMessage(
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character",
  SUBDOMAIN,
  'example.com',
);
const LABEL_MESSAGE = regexMessage(
  "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character",
  LABEL,
  'my-name',
  '123-abc',
);
const KEY_MESSAGE = regexMessage(
  "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character",
  KEY,
  'MyName',
  'my.name',
  '123-abc',
);

/** Is the text longer than this many UTF-8 bytes? */
export const longerThan = (value: string, maximum: number): boolean =>
  value.length > maximum || (value.length * 3 > maximum && Buffer.byteLength(value) > maximum);

const check =
  (maximum: number, pattern: RegExp, message: string, tooLong: (maximum: number) => string = maxLengthMessage): NameCheck =>
  value => {
    if (value.length * 3 <= maximum && pattern.test(value)) return [];
    const errors = longerThan(value, maximum) ? [tooLong(maximum)] : [];
    if (!pattern.test(value)) errors.push(message);
    return errors;
  };

export const isDNS1123Subdomain: NameCheck = check(253, SUBDOMAIN_PATTERN, SUBDOMAIN_MESSAGE);

export const isDNS1123SubdomainWithUnderscore: NameCheck = check(
  253,
  UNDERSCORE_SUBDOMAIN_PATTERN,
  regexMessage(
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '_', '-' or '.', and must start and end with an alphanumeric character",
    UNDERSCORE_SUBDOMAIN,
    'example.com',
  ),
);

export const isWildcardDNS1123Subdomain: NameCheck = check(
  253,
  WILDCARD_PATTERN,
  regexMessage(
    "a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS subdomain, which must consist of lower case alphanumeric characters, '-' or '.' and end with an alphanumeric character",
    `\\*\\.${SUBDOMAIN}`,
    '*.example.com',
  ),
);

const labelCheck =
  (tooLong: (maximum: number) => string): NameCheck =>
  value => {
    if (value.length <= 21 && LABEL_PATTERN.test(value)) return [];
    const errors = longerThan(value, 63) ? [tooLong(63)] : [];
    if (!LABEL_PATTERN.test(value)) errors.push(SUBDOMAIN_PATTERN.test(value) ? 'must not contain dots' : LABEL_MESSAGE);
    return errors;
  };

export const isDNS1123Label: NameCheck = labelCheck(maxLengthMessage);

// Declarative validation (pkg/api/validate/content) counts and says bytes.
export const isLongName: NameCheck = check(253, SUBDOMAIN_PATTERN, SUBDOMAIN_MESSAGE, maxBytesMessage);

export const isDNS1035Label: NameCheck = check(
  63,
  DNS1035_PATTERN,
  regexMessage(
    "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character",
    DNS1035,
    'my-name',
    'abc-123',
  ),
);

/** A label key, annotation key or other name with an optional `prefix/`. */
export function isQualifiedName(value: string): string[] {
  const slash = value.indexOf('/');
  if (slash === -1) return namePart(value);
  if (value.indexOf('/', slash + 1) !== -1)
    return [`a valid label key ${KEY_MESSAGE} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`];
  const prefix = value.slice(0, slash);
  const errors = prefix === '' ? ['prefix part must be non-empty'] : isLongName(prefix).map(message => `prefix part ${message}`);
  return [...errors, ...namePart(value.slice(slash + 1))];
}

function namePart(name: string): string[] {
  const good = KEY_PATTERN.test(name);
  if (good && name.length <= 63) return [];
  const errors: string[] = [];
  if (name === '') errors.push('name part must be non-empty');
  else if (longerThan(name, 63)) errors.push(`name part ${maxBytesMessage(63)}`);
  if (!good) errors.push(`name part ${KEY_MESSAGE}`);
  return errors;
}

export const isLabelValue: NameCheck = check(
  63,
  whole(`(${KEY})?`),
  regexMessage(
    "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character",
    `(${KEY})?`,
    'MyValue',
    'my_value',
    '12345',
  ),
  maxBytesMessage,
);

export const isCIdentifier: NameCheck = value =>
  C_IDENTIFIER_PATTERN.test(value)
    ? []
    : [
        regexMessage(
          "a valid C identifier must start with alphabetic character or '_', followed by a string of alphanumeric characters or '_'",
          C_IDENTIFIER,
          'my_name',
          'MY_NAME',
          'MyName',
        ),
      ];

/** Since 1.34 pods take anything printable but `=` as the name of an environment variable. */
export function isRelaxedEnvVarName(value: string): string[] {
  if (value === '') return ['environment variable name must be non-empty'];
  return /^[ -<>-~]*$/.test(value)
    ? []
    : ["a valid environment variable name must consist only of printable ASCII characters other than '='"];
}

export function isConfigMapKey(value: string): string[] {
  if (value.length < 84 && value.charCodeAt(0) !== 46 && CONFIG_KEY_PATTERN.test(value)) return [];
  const errors = longerThan(value, 253) ? [maxLengthMessage(253)] : [];
  if (!CONFIG_KEY_PATTERN.test(value))
    errors.push(
      regexMessage(
        "a valid config key must consist of alphanumeric characters, '-', '_' or '.'",
        CONFIG_KEY,
        'key.name',
        'KEY_NAME',
        'key-name',
      ),
    );
  return [...errors, ...changesDirectory(value)];
}

const changesDirectory = (value: string): string[] => {
  if (value === '.' || value === '..') return [`must not be '${value}'`];
  return value.startsWith('..') ? ["must not start with '..'"] : [];
};

/** An IANA service name (RFC 6335), as port names are. */
export function isPortName(value: string): string[] {
  const errors: string[] = [];
  if (longerThan(value, 15)) errors.push(maxLengthMessage(15));
  if (!/^[-a-z0-9]+$/.test(value)) errors.push('must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)');
  if (!/[a-z]/.test(value)) errors.push('must contain at least one letter (a-z)');
  if (value.includes('--')) errors.push('must not contain consecutive hyphens');
  if (/^-|-$/.test(value)) errors.push('must not begin or end with a hyphen');
  return errors;
}

export const isHTTPHeaderName: NameCheck = value =>
  HTTP_HEADER_PATTERN.test(value)
    ? []
    : [regexMessage("a valid HTTP header must consist of alphanumeric characters or '-'", HTTP_HEADER, 'X-Header-Name')];

/** The characters of an HTTP path, for domain-prefixed paths. */
export const isHTTPPath: NameCheck = value => (HTTP_PATH_PATTERN.test(value) ? [] : [regexMessage('Invalid path', HTTP_PATH)]);

export const isPercent: NameCheck = value =>
  /^[0-9]+%$/.test(value)
    ? []
    : [regexMessage("a valid percent string must be a numeric string followed by an ending '%'", '[0-9]+%', '1%', '93%')];

export const isConditionReason: NameCheck = value =>
  CONDITION_REASON_PATTERN.test(value)
    ? []
    : [
        regexMessage(
          "a condition reason must start with alphabetic character, optionally followed by a string of alphanumeric characters or '_,:', and must end with an alphanumeric character or '_'",
          CONDITION_REASON,
          'my_name',
          'MY_NAME',
          'MyName',
          'ReasonA,ReasonB',
          'ReasonA:ReasonB',
        ),
      ];

/** Names that are part of a URL path and otherwise free (RBAC). */
export function isPathSegmentName(value: string): string[] {
  if (value === '.' || value === '..') return [`may not be '${value}'`];
  return ['/', '%'].filter(part => value.includes(part)).map(part => `may not contain '${part}'`);
}

const inRange =
  (low: number, high: number): ((value: number) => string[]) =>
  value =>
    value >= low && value <= high ? [] : [rangeMessage(low, high)];

export const isPortNumber = inRange(1, 65535);
export const isUserID = inRange(0, 2147483647);

/** Checks of metadata.name; `prefix`: it is a generateName, whose last dash will not be the last character. */
export type ObjectNameCheck = (name: string, prefix: boolean) => string[];

const objectName =
  (nameCheck: NameCheck): ObjectNameCheck =>
  (name, prefix) =>
    nameCheck(prefix && name.length > 1 && name.endsWith('-') ? `${name.slice(0, -2)}a` : name);

export const nameIsDNSSubdomain: ObjectNameCheck = objectName(isDNS1123Subdomain);
export const nameIsDNSLabel: ObjectNameCheck = objectName(isDNS1123Label);
export const nameIsDNS1035Label: ObjectNameCheck = objectName(isDNS1035Label);
export const nameIsPathSegment: ObjectNameCheck = (name, prefix) =>
  prefix ? ['/', '%'].filter(part => name.includes(part)).map(part => `may not contain '${part}'`) : isPathSegmentName(name);

import type {Json, JsonObject} from '../api/json.ts';

/** A body that cannot be read; the message is what the real decoder says. Whoever asked wraps it into a Status. */
export class DecodeError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'DecodeError';
  }
}

/** A number whose text matters: a fraction, an exponent, or more digits than a double holds. Only inside parsed documents. */
export class NumberLiteral {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/** Parsed text before a schema has been laid over it. Objects may hold NumberLiteral; `plainJson` makes JSON of it. */
export type Parsed = Json;

export interface Document {
  readonly value: Parsed;
  /** The entries, in the text's order, of objects in which a key occurs twice; the object itself holds the last of each. */
  readonly duplicates: ReadonlyMap<JsonObject, readonly (readonly [string, Parsed])[]> | undefined;
  /** What strict decoding complains of before it looks at the fields (duplicate keys in YAML). */
  readonly strictErrors: readonly string[];
  /** Whether `value` may hold NumberLiteral. */
  readonly literals: boolean;
}

/** How deep JSON may nest (encoding/json maxNestingDepth). */
export const MAX_DEPTH = 10_000;

export const isLiteral = (value: unknown): value is NumberLiteral => value instanceof NumberLiteral;

/** The value with every NumberLiteral as the number it is nearest to. Changes it in place; does not recurse. */
export function plainJson(document: Document): Json {
  if (!document.literals) return document.value;
  const root: {value: Json} = {value: document.value};
  const open: (JsonObject | Json[])[] = [root];
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    const target = node as JsonObject;
    for (const key of Object.keys(target)) {
      const child = target[key];
      if (typeof child !== 'object' || child === null) continue;
      if (isLiteral(child))
        Object.defineProperty(target, key, {
          value: Number((child as NumberLiteral).text),
          enumerable: true,
          configurable: true,
          writable: true,
        });
      else open.push(child);
    }
  }
  return root.value;
}

/** A text as Go's strconv.Quote prints it. */
export const goQuote = (text: string): string =>
  JSON.stringify(text).replace(/\\u00([01][0-9a-f])|\\([bf])|\u007f/g, (found, code: string | undefined, letter: string | undefined) => {
    if (code !== undefined) return code === '07' ? '\\a' : code === '0b' ? '\\v' : `\\x${code}`;
    return letter === undefined ? '\\x7f' : found;
  });

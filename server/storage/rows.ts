/**
 * A change as it lies in the database under its revision. As text: the revision it superseded, the revision that created the key,
 * the key's length, the key, and the value; a deletion has no value.
 */
export interface Row {
  key: string;
  /** The revision that this one superseded; 0: the key was created. */
  previousRevision: number;
  createRevision: number;
  /** undefined: the key was deleted. */
  value: string | undefined;
}

export const encodeRow = ({key, previousRevision, createRevision, value}: Row): string =>
  `${previousRevision} ${createRevision} ${key.length} ${key}${value ?? ''}`;

export function decodeRow(text: string): Row {
  const created = text.indexOf(' ') + 1;
  const length = text.indexOf(' ', created) + 1;
  const start = text.indexOf(' ', length) + 1;
  const end = start + Number(text.slice(length, start - 1));
  return {
    key: text.slice(start, end),
    previousRevision: Number(text.slice(0, created - 1)),
    createRevision: Number(text.slice(created, length - 1)),
    value: end === text.length ? undefined : text.slice(end),
  };
}

/** A script, taken apart. */
export type Node =
  | {type: 'simple'; assignments: [string, Word][]; words: Word[]; redirects: Redirect[]}
  | {type: 'pipe'; parts: Node[]; negated: boolean}
  | {type: 'list'; items: Item[]}
  | {type: 'if'; branches: {condition: Node; body: Node}[]; otherwise?: Node}
  | {type: 'loop'; until: boolean; condition: Node; body: Node}
  | {type: 'for'; name: string; words: Word[]; body: Node}
  | {type: 'group'; body: Node; own: boolean}
  | {type: 'redirected'; body: Node; redirects: Redirect[]};

export interface Item {
  /** What stands before it. */
  joined: ';' | '&&' | '||';
  node: Node;
}

export interface Redirect {
  /** 0 input, 1 output, 2 errors; `&` both outputs. */
  from: '0' | '1' | '2' | '&';
  append: boolean;
  /** A file, or the number of another stream. */
  to: Word | '1' | '2';
}

/** Pieces of a word; what is quoted neither falls apart nor away. */
export type Word = Piece[];
export type Piece =
  | {type: 'text'; text: string; quoted: boolean}
  | {type: 'variable'; name: string; operator?: string; operand?: Word; quoted: boolean}
  | {type: 'command'; list: Node; quoted: boolean}
  | {type: 'arithmetic'; word: Word; quoted: boolean};

/** A script that is not understood. */
export class NotUnderstood extends Error {}

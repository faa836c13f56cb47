/** An expression as parsed, macros expanded. `at` is the offset in code points that errors point at. */
export type Expr = LiteralExpr | IdentExpr | SelectExpr | CallExpr | ListExpr | MapExpr | StructExpr | ComprehensionExpr;

interface Node {
  readonly id: number;
  readonly at: number;
}

/** A literal as written; integers are bigint, doubles number. */
export type Literal =
  | {readonly type: 'int' | 'uint'; readonly value: bigint}
  | {readonly type: 'double'; readonly value: number}
  | {readonly type: 'string'; readonly value: string}
  | {readonly type: 'bytes'; readonly value: Uint8Array}
  | {readonly type: 'bool'; readonly value: boolean}
  | {readonly type: 'null'; readonly value: null};

export interface LiteralExpr extends Node {
  readonly kind: 'literal';
  readonly literal: Literal;
}

export interface IdentExpr extends Node {
  readonly kind: 'ident';
  readonly name: string;
}

export interface SelectExpr extends Node {
  readonly kind: 'select';
  readonly operand: Expr;
  readonly field: string;
  /** has(operand.field) */
  readonly test: boolean;
}

export interface CallExpr extends Node {
  readonly kind: 'call';
  readonly function: string;
  readonly target: Expr | undefined;
  readonly args: readonly Expr[];
}

export interface ListExpr extends Node {
  readonly kind: 'list';
  readonly elements: readonly Expr[];
  /** Indices of `?element`. */
  readonly optional: ReadonlySet<number>;
}

export interface MapEntry extends Node {
  readonly key: Expr;
  readonly value: Expr;
  readonly optional: boolean;
}

export interface MapExpr extends Node {
  readonly kind: 'map';
  readonly entries: readonly MapEntry[];
}

export interface StructField extends Node {
  readonly name: string;
  readonly value: Expr;
  readonly optional: boolean;
}

export interface StructExpr extends Node {
  readonly kind: 'struct';
  readonly name: string;
  readonly fields: readonly StructField[];
}

/** A fold over a list or the keys of a map; with `iterVar2`, over index and item or key and value. */
export interface ComprehensionExpr extends Node {
  readonly kind: 'comprehension';
  readonly range: Expr;
  readonly iterVar: string;
  readonly iterVar2: string | undefined;
  readonly accuVar: string;
  readonly init: Expr;
  readonly condition: Expr;
  readonly step: Expr;
  readonly result: Expr;
}

/** The accumulator's name: no identifier can be written so. */
export const ACCUMULATOR = '@result';

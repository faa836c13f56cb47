import type {Cursor} from './yaml-cursor.ts';

/** Blanks and breaks between two pieces of a scalar that may go over several lines. */
class Gap {
  blanks = '';
  first = '';
  more = '';
  broken = false;

  /** Reads what there is; `refuse` may look at each blank of a new line. */
  read(cursor: Cursor, refuse: () => void = () => {}): void {
    while (cursor.isBlank() || cursor.isBreak()) {
      if (cursor.isBlank()) {
        if (this.broken) refuse();
        if (this.broken) cursor.skip();
        else this.blanks += cursor.read();
      } else if (this.broken) this.more += cursor.readBreak();
      else {
        this.blanks = '';
        this.first = cursor.readBreak();
        this.broken = true;
      }
    }
  }

  /** As it stands in the value: one break is a space. */
  folded(): string {
    if (!this.broken) return this.blanks;
    if (this.first !== '\n') return this.first + this.more;
    return this.more === '' ? ' ' : this.more;
  }
}

const IN_BLOCK = /(?:[^ \t\r\n\u0085\u2028\u2029:]|:(?![ \t\r\n\u0085\u2028\u2029]|$))+/y;
const IN_FLOW = /(?:[^ \t\r\n\u0085\u2028\u2029:,?[\]{}]|:(?![ \t\r\n\u0085\u2028\u2029]|$))+/y;

/** A scalar without quotes, in a block indented by `indent`; `broken`: it ended with a new line. */
export function scanPlain(cursor: Cursor, indent: number, inFlow: boolean): {value: string; broken: boolean} {
  let value = '';
  let gap = new Gap();
  const refuseTabs = (): void => {
    if (cursor.column < indent && cursor.peek() === '\t') cursor.fail('found a tab character that violates indentation');
  };
  for (;;) {
    if (cursor.isDocumentMarker() || cursor.peek() === '#') break;
    const piece = cursor.take(inFlow ? IN_FLOW : IN_BLOCK);
    if (piece !== '') {
      value += gap.folded() + piece;
      gap = new Gap();
    }
    if (!cursor.isBlank() && !cursor.isBreak()) break;
    gap.read(cursor, refuseTabs);
    if (!inFlow && cursor.column < indent) break;
  }
  return {value, broken: gap.broken};
}

const IN_QUOTES = /[^ \t\r\n\u0085\u2028\u2029'"\\]+/y;
const ESCAPES: {readonly [character: string]: string} = {
  0: '\0',
  a: '\x07',
  b: '\b',
  t: '\t',
  '\t': '\t',
  n: '\n',
  v: '\v',
  f: '\f',
  r: '\r',
  e: '\x1b',
  ' ': ' ',
  '"': '"',
  "'": "'",
  '\\': '\\',
  N: '\u0085',
  _: '\u00a0',
  L: '\u2028',
  P: '\u2029',
};
const HEX_LENGTHS: {readonly [character: string]: number} = {x: 2, u: 4, U: 8};

/** A scalar in quotes. */
export function scanQuoted(cursor: Cursor): string {
  const quote = cursor.read();
  let value = '';
  for (;;) {
    if (cursor.isDocumentMarker()) cursor.fail('found unexpected document indicator');
    if (cursor.ended) cursor.fail('found unexpected end of stream');
    const gap = new Gap();
    while (!cursor.isBlankOrEnd()) {
      if (quote === "'" && cursor.startsWith("''")) {
        value += "'";
        cursor.skip(2);
      } else if (cursor.peek() === quote) break;
      else if (quote === '"' && cursor.peek() === '\\') {
        if (cursor.isBreak(1)) {
          cursor.skip();
          cursor.readBreak();
          gap.broken = true;
          break;
        }
        value += scanEscape(cursor);
      } else value += cursor.take(IN_QUOTES) || cursor.read();
    }
    if (cursor.peek() === quote) break;
    gap.read(cursor);
    value += gap.folded();
  }
  cursor.skip();
  return value;
}

function scanEscape(cursor: Cursor): string {
  const code = cursor.peek(1);
  if (Object.hasOwn(ESCAPES, code)) {
    cursor.skip(2);
    return ESCAPES[code]!;
  }
  if (!Object.hasOwn(HEX_LENGTHS, code)) cursor.fail('found unknown escape character');
  cursor.skip(2);
  const digits = cursor.text.slice(cursor.position, cursor.position + HEX_LENGTHS[code]!);
  if (!/^[\da-fA-F]+$/.test(digits) || digits.length < HEX_LENGTHS[code]!) cursor.fail('did not find expected hexdecimal number');
  const point = Number.parseInt(digits, 16);
  if ((point >= 0xd800 && point <= 0xdfff) || point > 0x10ffff) cursor.fail('found invalid Unicode character escape code');
  cursor.skip(digits.length);
  return String.fromCodePoint(point);
}

/** A block scalar behind its `|` or `>`, in a block indented by `parent`. */
export function scanBlock(cursor: Cursor, parent: number): string {
  const folded = cursor.read() === '>';
  const {chomping, increment} = scanBlockHeader(cursor);
  let value = '';
  let pending = '';
  let blankBefore = false;
  const start = increment > 0 ? Math.max(parent, 0) + increment : 0;
  let {indent, breaks} = scanBlockBreaks(cursor, start, parent);
  while (cursor.column === indent && !cursor.ended) {
    const blank = cursor.isBlank();
    const folds = folded && pending.startsWith('\n') && !blankBefore && !blank;
    if (!folds) value += pending;
    else if (breaks === '') value += ' ';
    value += breaks;
    blankBefore = blank;
    value += cursor.takeRestOfLine();
    pending = cursor.readBreak();
    ({indent, breaks} = scanBlockBreaks(cursor, indent, parent));
  }
  if (chomping !== '-') value += pending;
  return chomping === '+' ? value + breaks : value;
}

function scanBlockHeader(cursor: Cursor): {chomping: string; increment: number} {
  let chomping = '';
  let increment = 0;
  const readChomping = (): void => {
    if (cursor.peek() === '+' || cursor.peek() === '-') chomping = cursor.read();
  };
  readChomping();
  if (/^\d$/.test(cursor.peek())) {
    if (cursor.peek() === '0') cursor.fail('found an indentation indicator equal to 0');
    increment = Number(cursor.read());
    if (chomping === '') readChomping();
  }
  skipRestOfLine(cursor);
  return {chomping, increment};
}

/** Blanks, a comment, and the line break. */
export function skipRestOfLine(cursor: Cursor): void {
  while (cursor.isBlank()) cursor.skip();
  if (cursor.peek() === '#') cursor.takeRestOfLine();
  if (!cursor.isBreakOrEnd()) cursor.fail('did not find expected comment or line break');
  cursor.readBreak();
}

/** Empty lines, and the indentation of what follows if it is not known yet. */
function scanBlockBreaks(cursor: Cursor, known: number, parent: number): {indent: number; breaks: string} {
  let breaks = '';
  let widest = 0;
  const outside = (): boolean => known === 0 || cursor.column < known;
  for (;;) {
    while (outside() && cursor.peek() === ' ') cursor.skip();
    widest = Math.max(widest, cursor.column);
    if (outside() && cursor.peek() === '\t') cursor.fail('found a tab character where an indentation space is expected');
    if (!cursor.isBreak()) break;
    breaks += cursor.readBreak();
  }
  return {indent: known || Math.max(widest, parent + 1, 1), breaks};
}

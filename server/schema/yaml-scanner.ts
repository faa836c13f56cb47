import {MAX_DEPTH} from './document.ts';
import type {Mark} from './yaml-cursor.ts';
import {Cursor, YamlError} from './yaml-cursor.ts';
import {scanBlock, scanPlain, scanQuoted, skipRestOfLine} from './yaml-scan-scalars.ts';

export type TokenType =
  | 'stream end'
  | 'directive'
  | 'document start'
  | 'document end'
  | 'block sequence'
  | 'block mapping'
  | 'block end'
  | '['
  | ']'
  | '{'
  | '}'
  | ','
  | 'entry'
  | 'key'
  | 'value'
  | 'alias'
  | 'anchor'
  | 'tag'
  | 'scalar';

export interface Token {
  readonly type: TokenType;
  readonly start: Mark;
  readonly end: Mark;
  /** A scalar's value, an anchor's name, a tag as it is written, a directive's name. */
  readonly text: string;
  readonly plain?: boolean;
}

/** Where a key may have begun that is only known as such by the colon behind it. */
interface SimpleKey {
  readonly required: boolean;
  /** The number of the token it begins with. */
  readonly token: number;
  readonly mark: Mark;
}

const MAX_KEY_LENGTH = 1024;

/** Splits YAML into tokens as libyaml does, so that what is wrong is found where libyaml finds it. */
export class Scanner {
  private readonly cursor: Cursor;
  private readonly queue: Token[] = [];
  private taken = 0;
  private indent = -1;
  private readonly indents: number[] = [];
  private keyAllowed = true;
  /** One for each flow collection that is open, and one for the block. */
  private readonly keys: (SimpleKey | undefined)[] = [undefined];
  /** Where in `keys` the one is that begins with the token of a number. */
  private readonly levels = new Map<number, number>();

  constructor(text: string) {
    this.cursor = new Cursor(text);
    if (text.startsWith('\ufeff')) this.cursor.position = 1;
  }

  /** How far the text has been read. */
  get position(): number {
    return this.cursor.position;
  }

  peek(): Token {
    while (this.queue.length === 0 || this.mayBecomeKey()) this.fetch();
    return this.queue[0]!;
  }

  next(): Token {
    const token = this.peek();
    this.queue.shift();
    this.taken++;
    return token;
  }

  /** May the next token be a key, so that more has to be read first? */
  private mayBecomeKey(): boolean {
    const level = this.levels.get(this.taken);
    return level !== undefined && this.stillPossible(level);
  }

  private stillPossible(level: number): boolean {
    const key = this.keys[level];
    if (!key) return false;
    const {line, position} = this.cursor;
    if (key.mark.line >= line && key.mark.position + MAX_KEY_LENGTH >= position) return true;
    this.forgetKey(level);
    return false;
  }

  private forgetKey(level = this.keys.length - 1): void {
    const key = this.keys[level];
    if (!key) return;
    if (key.required) this.cursor.fail("could not find expected ':'");
    this.dropKey(level, key);
  }

  private dropKey(level: number, {token}: SimpleKey): void {
    this.levels.delete(token);
    this.keys[level] = undefined;
  }

  private saveKey(): void {
    const {cursor} = this;
    if (!this.keyAllowed) return;
    const required = !this.inFlow && this.indent === cursor.column;
    this.forgetKey();
    const token = this.taken + this.queue.length;
    this.levels.set(token, this.keys.length - 1);
    this.keys[this.keys.length - 1] = {required, token, mark: cursor.mark()};
  }

  private get inFlow(): boolean {
    return this.keys.length > 1;
  }

  private add(type: TokenType, start: Mark, text = '', plain?: boolean): void {
    this.queue.push({type, start, end: this.cursor.mark(), text, ...(plain === undefined ? {} : {plain})});
  }

  private fetch(): void {
    const {cursor} = this;
    this.skipToToken();
    this.unroll(cursor.column);
    if (cursor.ended) this.fetchEnd();
    else if (cursor.column === 0 && cursor.peek() === '%') this.fetchDirective();
    else if (cursor.isDocumentMarker()) this.fetchDocumentMarker();
    else this.fetchByCharacter(cursor.peek());
  }

  private fetchByCharacter(character: string): void {
    const {cursor, inFlow} = this;
    const indicates = inFlow || cursor.isBlankOrEnd(1);
    if (character === '[' || character === '{') this.fetchFlowStart(character);
    else if (character === ']' || character === '}' || character === ',') this.fetchFlowPart(character);
    else if (character === '-' && cursor.isBlankOrEnd(1)) this.fetchEntry();
    else if (character === '?' && indicates) this.fetchKey();
    else if (character === ':' && indicates) this.fetchValue();
    else if (character === '*' || character === '&') this.fetchAnchor(character === '*' ? 'alias' : 'anchor');
    else if (character === '!') this.fetchTag();
    else if ((character === '|' || character === '>') && !inFlow) this.fetchBlockScalar();
    else if (character === '"' || character === "'") this.fetchQuoted();
    else if (this.startsPlain(character)) this.fetchPlain();
    else cursor.fail('found character that cannot start any token');
  }

  private startsPlain(character: string): boolean {
    if (character === '-') return !this.cursor.isBlank(1);
    if (character === '?' || character === ':') return !this.inFlow && !this.cursor.isBlankOrEnd(1);
    return !this.cursor.isBlankOrEnd() && !',[]{}#&*!|>\'"%@`'.includes(character);
  }

  /** Blanks, comments and line breaks. Tabs only where no indentation is looked at. */
  private skipToToken(): void {
    const {cursor} = this;
    for (;;) {
      while (cursor.peek() === ' ' || (cursor.peek() === '\t' && (this.inFlow || !this.keyAllowed))) cursor.skip();
      if (cursor.peek() === '#') cursor.takeRestOfLine();
      if (!cursor.isBreak()) return;
      cursor.readBreak();
      if (!this.inFlow) this.keyAllowed = true;
    }
  }

  /** Ends the blocks that are indented more than this. */
  private unroll(column: number): void {
    if (this.inFlow) return;
    while (this.indent > column) {
      this.add('block end', this.cursor.mark());
      this.indent = this.indents.pop()!;
    }
  }

  /** Begins a block where the indentation grows; before the token of that number, if there is one. */
  private roll(column: number, type: 'block sequence' | 'block mapping', mark: Mark, before?: number): void {
    if (this.inFlow || this.indent >= column) return;
    this.indents.push(this.indent);
    this.indent = column;
    if (this.indents.length > MAX_DEPTH) this.failDeep();
    const token: Token = {type, start: mark, end: mark, text: ''};
    if (before === undefined) this.queue.push(token);
    else this.queue.splice(before - this.taken, 0, token);
  }

  private failDeep(): never {
    throw new YamlError(`exceeded max depth of ${MAX_DEPTH}`, 0, true);
  }

  private fetchEnd(): void {
    const {cursor} = this;
    // The end of the text is a line of its own.
    if (cursor.column !== 0) {
      cursor.column = 0;
      cursor.line++;
    }
    this.endBlocks();
    this.add('stream end', cursor.mark());
  }

  /** What comes now is outside of every block, and begins no key. */
  private endBlocks(): void {
    this.unroll(-1);
    this.forgetKey();
    this.keyAllowed = false;
  }

  private fetchDirective(): void {
    const {cursor} = this;
    this.endBlocks();
    const start = cursor.mark();
    cursor.skip();
    const name = cursor.take(/[\w-]+/y);
    if (name === '') cursor.fail('could not find expected directive name');
    if (!cursor.isBlankOrEnd()) cursor.fail('found unexpected non-alphabetical character');
    if (name !== 'YAML' && name !== 'TAG') cursor.fail('found unknown directive name');
    const value = cursor.take(/[^#\r\n\u0085\u2028\u2029]+/y).trim();
    if (name === 'YAML' && !/^\d+\.\d+$/.test(value)) cursor.fail('did not find expected version number');
    skipRestOfLine(cursor);
    this.add('directive', start, `${name} ${value}`);
  }

  private fetchDocumentMarker(): void {
    const {cursor} = this;
    this.endBlocks();
    const start = cursor.mark();
    const type = cursor.peek() === '-' ? 'document start' : 'document end';
    cursor.skip(3);
    this.add(type, start);
  }

  private fetchFlowStart(type: '[' | '{'): void {
    this.saveKey();
    this.keys.push(undefined);
    if (this.keys.length > MAX_DEPTH + 1) this.failDeep();
    this.keyAllowed = true;
    this.addCharacter(type);
  }

  private fetchFlowPart(type: ']' | '}' | ','): void {
    this.forgetKey();
    if (type !== ',' && this.inFlow) this.keys.pop();
    this.keyAllowed = type === ',';
    this.addCharacter(type);
  }

  private addCharacter(type: TokenType): void {
    const start = this.cursor.mark();
    this.cursor.skip();
    this.add(type, start);
  }

  private fetchEntry(): void {
    if (!this.inFlow) {
      if (!this.keyAllowed) this.cursor.fail('block sequence entries are not allowed in this context');
      this.roll(this.cursor.column, 'block sequence', this.cursor.mark());
    }
    this.forgetKey();
    this.keyAllowed = true;
    this.addCharacter('entry');
  }

  private fetchKey(): void {
    if (!this.inFlow) {
      if (!this.keyAllowed) this.cursor.fail('mapping keys are not allowed in this context');
      this.roll(this.cursor.column, 'block mapping', this.cursor.mark());
    }
    this.forgetKey();
    this.keyAllowed = !this.inFlow;
    this.addCharacter('key');
  }

  private fetchValue(): void {
    const level = this.keys.length - 1;
    const key = this.keys[level];
    if (key && this.stillPossible(level)) {
      this.queue.splice(key.token - this.taken, 0, {type: 'key', start: key.mark, end: key.mark, text: ''});
      this.roll(key.mark.column, 'block mapping', key.mark, key.token);
      this.dropKey(level, key);
      this.keyAllowed = false;
    } else {
      if (!this.inFlow) {
        if (!this.keyAllowed) this.cursor.fail('mapping values are not allowed in this context');
        this.roll(this.cursor.column, 'block mapping', this.cursor.mark());
      }
      this.keyAllowed = !this.inFlow;
    }
    this.addCharacter('value');
  }

  private fetchAnchor(type: 'alias' | 'anchor'): void {
    const {cursor} = this;
    this.saveKey();
    this.keyAllowed = false;
    const start = cursor.mark();
    cursor.skip();
    const name = cursor.take(/[\w-]+/y);
    if (name === '' || !(cursor.isBlankOrEnd() || '?:,]}%@`'.includes(cursor.peek())))
      cursor.fail('did not find expected alphabetic or numeric character');
    this.add(type, start, name);
  }

  private scanTag(): string {
    const {cursor} = this;
    const readURI = (): string => cursor.take(/[\w;/?:@&=+$.!~*'()[\]%,-]+/y);
    let tag: string;
    if (cursor.startsWith('!<')) {
      cursor.skip(2);
      const uri = readURI();
      if (uri === '') cursor.fail('did not find expected tag URI');
      if (cursor.peek() !== '>') cursor.fail("did not find the expected '>'");
      cursor.skip();
      tag = `!<${uri}>`;
    } else {
      const handle = cursor.take(/!(?:[\w-]*!)?/y);
      const suffix = readURI();
      if (handle.length > 1 && suffix === '') cursor.fail('did not find expected tag URI');
      tag = handle + suffix;
    }
    if (!cursor.isBlankOrEnd()) cursor.fail('did not find expected whitespace or line break');
    return tag;
  }

  private fetchTag(): void {
    this.saveKey();
    this.keyAllowed = false;
    const start = this.cursor.mark();
    this.add('tag', start, this.scanTag());
  }

  private fetchBlockScalar(): void {
    this.forgetKey();
    this.keyAllowed = true;
    const start = this.cursor.mark();
    this.add('scalar', start, scanBlock(this.cursor, this.indent), false);
  }

  private fetchQuoted(): void {
    this.saveKey();
    this.keyAllowed = false;
    const start = this.cursor.mark();
    this.add('scalar', start, scanQuoted(this.cursor), false);
  }

  private fetchPlain(): void {
    this.saveKey();
    this.keyAllowed = false;
    const start = this.cursor.mark();
    const {value, broken} = scanPlain(this.cursor, this.indent + 1, this.inFlow);
    if (broken) this.keyAllowed = true;
    this.add('scalar', start, value, true);
  }
}

/** A place in a text: `line` and `column` count from zero. */
export interface Mark {
  readonly position: number;
  readonly line: number;
  readonly column: number;
}

/** What is wrong with a text, in libyaml's words; `line` counts from zero, `scanned`: found before any grammar was looked at. */
export class YamlError extends Error {
  readonly line: number;
  readonly scanned: boolean;

  constructor(message: string, line: number, scanned: boolean) {
    super(message);
    this.line = line;
    this.scanned = scanned;
  }
}

/** Reads a text character by character. Behind its end there is '', which counts as a break where a line's end is looked for. */
export class Cursor {
  position = 0;
  line = 0;
  column = 0;
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }

  mark(): Mark {
    return {position: this.position, line: this.line, column: this.column};
  }

  peek(offset = 0): string {
    return this.text[this.position + offset] ?? '';
  }

  startsWith(part: string): boolean {
    return this.text.startsWith(part, this.position);
  }

  get ended(): boolean {
    return this.position >= this.text.length;
  }

  isBlank(offset = 0): boolean {
    const code = this.text.charCodeAt(this.position + offset);
    return code === 0x20 || code === 0x09;
  }

  isBreak(offset = 0): boolean {
    const code = this.text.charCodeAt(this.position + offset);
    return code === 0x0a || code === 0x0d || code === 0x85 || code === 0x2028 || code === 0x2029;
  }

  isBreakOrEnd(offset = 0): boolean {
    return this.position + offset >= this.text.length || this.isBreak(offset);
  }

  isBlankOrEnd(offset = 0): boolean {
    return this.isBlank(offset) || this.isBreakOrEnd(offset);
  }

  /** `---` or `...` at the start of a line. */
  isDocumentMarker(marker?: string): boolean {
    if (this.column !== 0 || !this.isBlankOrEnd(3)) return false;
    return marker === undefined ? this.startsWith('---') || this.startsWith('...') : this.startsWith(marker);
  }

  skip(count = 1): void {
    this.position += count;
    this.column += count;
  }

  read(): string {
    const character = this.peek();
    this.skip();
    return character;
  }

  /** What a sticky pattern matches here, '' if nothing. */
  take(pattern: RegExp): string {
    pattern.lastIndex = this.position;
    const found = pattern.exec(this.text)?.[0] ?? '';
    this.skip(found.length);
    return found;
  }

  takeRestOfLine(): string {
    return this.take(/[^\r\n\u0085\u2028\u2029]+/y);
  }

  /** A line break, as it stands in scalars; '' if there is none. */
  readBreak(): string {
    if (!this.isBreak()) return '';
    const character = this.peek();
    this.position += this.startsWith('\r\n') ? 2 : 1;
    this.line++;
    this.column = 0;
    return character === '\u2028' || character === '\u2029' ? character : '\n';
  }

  fail(message: string): never {
    throw new YamlError(message, this.line, true);
  }
}

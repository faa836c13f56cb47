import type {Node, Piece, Word} from './script.ts';
import {NotUnderstood} from './script.ts';

/** A place in a script. */
export interface Reader {
  readonly source: string;
  at: number;
  done(): boolean;
  look(pattern: RegExp): RegExpExecArray | undefined;
  sees(pattern: RegExp): boolean;
  /** What matches here, which is left behind. */
  take(pattern: RegExp): string | undefined;
  skipBlanks(): void;
  skipLines(): void;
  /** A list of commands up to a closing parenthesis. */
  list(reader: Reader): Node;
}

export function createReader(source: string, list: Reader['list']): Reader {
  const reader: Reader = {
    source,
    at: 0,
    list,
    done: () => reader.at >= source.length,
    look: pattern => pattern.exec(source.slice(reader.at)) ?? undefined,
    sees: pattern => pattern.test(source.slice(reader.at)),
    take(pattern) {
      const found = reader.look(pattern)?.[0];
      if (found !== undefined) reader.at += found.length;
      return found;
    },
    skipBlanks: () => void reader.take(/^(?:[ \t]|\\\n)*(?:#[^\n]*)?/),
    skipLines: () => void reader.take(/^(?:\s|\\\n|#[^\n]*)*/),
  };
  return reader;
}

const PLAIN = /^[^\s;&|<>()$`"'\\]+/;

/** The word that begins here, if there is one. */
export function readWord(reader: Reader): Word | undefined {
  const word: Word = [];
  for (;;) {
    const plain = reader.take(PLAIN);
    if (plain !== undefined) word.push({type: 'text', text: plain, quoted: false});
    else if (reader.sees(/^'/)) word.push({type: 'text', text: take(reader, /^'[^']*'/).slice(1, -1), quoted: true});
    else if (reader.take(/^"/)) word.push(...readQuoted(reader));
    else if (reader.sees(/^[$`]/)) word.push(readExpansion(reader, false));
    else if (reader.sees(/^\\./s)) {
      const escaped = take(reader, /^\\./s)[1]!;
      if (escaped !== '\n') word.push({type: 'text', text: escaped, quoted: true});
    } else return word.length > 0 ? word : undefined;
  }
}

function readQuoted(reader: Reader): Word {
  const word: Word = [{type: 'text', text: '', quoted: true}];
  while (!reader.take(/^"/)) {
    if (reader.done()) throw new NotUnderstood();
    if (reader.sees(/^[$`]/)) word.push(readExpansion(reader, true));
    else if (reader.take(/^\\\n/)) continue;
    else word.push({type: 'text', text: reader.take(/^\\["\\$`]/)?.[1] ?? take(reader, /^\\|^[^"\\$`]+/), quoted: true});
  }
  return word;
}

const take = (reader: Reader, pattern: RegExp): string => {
  const found = reader.take(pattern);
  if (found === undefined) throw new NotUnderstood();
  return found;
};

function readExpansion(reader: Reader, quoted: boolean): Piece {
  const command = reader.take(/^`[^`]*`/);
  if (command !== undefined) {
    const inner = createReader(`${command.slice(1, -1)})`, reader.list);
    return {type: 'command', list: reader.list(inner), quoted};
  }
  if (reader.take(/^\$\(\(/)) {
    const inner = take(reader, /^(?:[^()]|\([^()]*\))*\)\)/).slice(0, -2);
    return {type: 'arithmetic', word: readQuoted(createReader(`${inner}"`, reader.list)), quoted};
  }
  if (reader.take(/^\$\(/)) {
    const list = reader.list(reader);
    take(reader, /^\)/);
    return {type: 'command', list, quoted};
  }
  if (reader.sees(/^\$\{/)) return readBraced(reader, quoted);
  const name = reader.take(/^\$(?:[A-Za-z_]\w*|[?#@*$!\d])/);
  if (name !== undefined) return {type: 'variable', name: name.slice(1), quoted};
  take(reader, /^\$/);
  return {type: 'text', text: '$', quoted};
}

function readBraced(reader: Reader, quoted: boolean): Piece {
  const [text, length, name, operator] = /^\$\{(#?)([A-Za-z_]\w*|[?@\d])(:?[-+=?]|%%?|##?)?/.exec(reader.source.slice(reader.at)) ?? [];
  if (text === undefined) throw new NotUnderstood();
  reader.at += text.length;
  if (operator === undefined) {
    take(reader, /^\}/);
    return {type: 'variable', name: name!, quoted, ...(length && {operator: 'length'})};
  }
  const operand = take(reader, /^(?:\$\{[^{}]*\}|[^{}])*\}/).slice(0, -1);
  return {type: 'variable', name: name!, operator, operand: readOperand(operand, reader), quoted};
}

function readOperand(text: string, {list}: Reader): Word {
  const reader = createReader(text, list);
  const word: Word = [];
  while (!reader.done()) {
    const blank = reader.take(/^[\s;&|<>()]+/);
    if (blank === undefined) word.push(...(readWord(reader) ?? []));
    else word.push({type: 'text', text: blank, quoted: false});
  }
  return word;
}

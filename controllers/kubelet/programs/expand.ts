import {evaluate} from './arithmetic.ts';
import type {Steps} from './process.ts';
import type {Piece, Word} from './script.ts';
import type {Shell} from './shell-state.ts';

/** Runs a command and gives what it writes. */
export type Substitute = (list: Extract<Piece, {type: 'command'}>['list']) => Steps<string>;

/** The words that one becomes: what is not quoted falls apart at its blanks. */
export function* expandWord(shell: Shell, word: Word, substitute: Substitute): Steps<string[]> {
  const words: string[] = [''];
  let solid = false;
  for (const piece of word) {
    const text = yield* expandPiece(shell, piece, substitute);
    solid ||= piece.quoted || piece.type === 'text';
    const parts = piece.quoted || piece.type === 'text' ? [text] : text.split(/\s+/);
    words[words.length - 1] += parts[0]!;
    words.push(...parts.slice(1));
  }
  return solid ? words : words.filter(text => text !== '');
}

/** The text that a word stands for where it cannot fall apart. */
export function* expandText(shell: Shell, word: Word, substitute: Substitute): Steps<string> {
  let text = '';
  for (const piece of word) text += yield* expandPiece(shell, piece, substitute);
  return text;
}

function* expandPiece(shell: Shell, piece: Piece, substitute: Substitute): Steps<string> {
  switch (piece.type) {
    case 'text':
      return piece.text;
    case 'command':
      return (yield* substitute(piece.list)).replace(/\n+$/, '');
    case 'arithmetic':
      return String(evaluate(yield* expandText(shell, piece.word, substitute), name => shell.process.env.get(name)));
    case 'variable':
      return yield* expandVariable(shell, piece, substitute);
  }
}

function* expandVariable(shell: Shell, piece: Extract<Piece, {type: 'variable'}>, substitute: Substitute): Steps<string> {
  const {name, operator = '', operand = []} = piece;
  const value = variableValue(shell, name);
  if (operator === 'length') return String((value ?? '').length);
  const missing = value === undefined || (operator.startsWith(':') && value === '');
  switch (operator.replace(':', '')) {
    case '+':
      return missing ? '' : yield* expandText(shell, operand, substitute);
    case '-':
    case '=':
    case '?': {
      const text = missing ? yield* expandText(shell, operand, substitute) : value;
      if (missing && operator.endsWith('=')) shell.process.env.set(name, text);
      return text;
    }
    case '':
      return value ?? '';
    default:
      return trim(value ?? '', operator, yield* expandText(shell, operand, substitute));
  }
}

function variableValue({process, status, args}: Shell, name: string): string | undefined {
  if (name === '?') return String(status);
  if (name === '$') return '1';
  if (name === '#') return String(args.length - 1);
  if (name === '@' || name === '*') return args.slice(1).join(' ');
  return /^\d$/.test(name) ? args[Number(name)] : process.env.get(name);
}

/** `${name#pattern}` and its kin. */
function trim(value: string, operator: string, pattern: string): string {
  const matches = globPattern(pattern);
  const cuts = Array.from({length: value.length + 1}, (_, length) => length);
  if (operator.length === 2) cuts.reverse();
  const front = operator.startsWith('#');
  const cut = cuts.find(length => matches.test(front ? value.slice(0, length) : value.slice(value.length - length)));
  return cut === undefined ? value : front ? value.slice(cut) : value.slice(0, value.length - cut);
}

/** What `*`, `?` and `[…]` stand for. */
export const globPattern = (glob: string): RegExp =>
  new RegExp(
    `^${glob
      .replace(/[.+^${}()|\\]/g, '\\$&')
      .replace(/\*/g, '.*')
      .replace(/\?/g, '.')
      .replace(/\[!/g, '[^')}$`,
    's',
  );

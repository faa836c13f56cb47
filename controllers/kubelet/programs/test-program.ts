import type {Process, Program} from './process.ts';
import {fail, resolvePath} from './process.ts';

/** `test` and `[`. */
export function* test(process: Process, [name, ...argv]: readonly string[]): Program {
  const words = name === '[' ? argv.slice(0, -1) : [...argv];
  if (name === '[' && argv.at(-1) !== ']') return yield* fail('[', 'missing ]', 2);
  return Number(!any(process, words));
}

/** `-o` binds weaker than `-a`. */
function any(process: Process, words: readonly string[]): boolean {
  return split(words, '-o').some(part => split(part, '-a').every(one => holds(process, one)));
}

function split(words: readonly string[], operator: string): string[][] {
  const parts: string[][] = [[]];
  for (const [index, word] of words.entries())
    if (word === operator && index > 0) parts.push([]);
    else parts.at(-1)!.push(word);
  return parts;
}

function holds(process: Process, words: readonly string[]): boolean {
  if (words[0] === '!' && words.length > 1) return !holds(process, words.slice(1));
  const [first = '', second = '', third = ''] = words;
  if (words.length === 1) return first !== '';
  return words.length === 2 ? unary(process, first, second) : binary(first, second, third);
}

function unary(process: Process, operator: string, operand: string): boolean {
  if (operator === '-n') return operand !== '';
  if (operator === '-z') return operand === '';
  const path = resolvePath(process, operand);
  const node = process.files.find(path);
  if (!node) process.absent?.(path);
  switch (operator) {
    case '-d':
      return node?.type === 'directory';
    case '-f':
      return node?.type === 'file';
    case '-s':
      return node?.type === 'directory' || (node?.bytes.length ?? 0) > 0;
    case '-x':
      return node?.type === 'directory' || ((node?.mode ?? 0) & 0o100) !== 0;
    case '-e':
    case '-r':
    case '-w':
      return node !== undefined;
    default:
      return false;
  }
}

function binary(left: string, operator: string, right: string): boolean {
  const difference = Number(left) - Number(right);
  switch (operator) {
    case '=':
    case '==':
      return left === right;
    case '!=':
      return left !== right;
    case '-eq':
      return difference === 0;
    case '-ne':
      return difference !== 0;
    case '-lt':
      return difference < 0;
    case '-le':
      return difference <= 0;
    case '-gt':
      return difference > 0;
    case '-ge':
      return difference >= 0;
    default:
      return false;
  }
}

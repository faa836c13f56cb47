import type {FieldError, FieldPath} from './field.ts';
import {invalid, tooLong} from './field.ts';

/** Who wrote something: not too long, and printable (ValidateFieldManager). */
export function validateManager(manager: string, path: FieldPath): FieldError[] {
  const errors: FieldError[] = [];
  if (Buffer.byteLength(manager) > 128) errors.push(tooLong(path, 128));
  let position = 0;
  for (const character of manager) {
    const code = character.codePointAt(0)!;
    if (!isPrintable(character)) {
      const shown = code < 0x80 ? `"\\x${code.toString(16).padStart(2, '0')}"` : JSON.stringify(character);
      const whole = [...manager].map(c => (isPrintable(c) ? c : `\\x${c.codePointAt(0)!.toString(16).padStart(2, '0')}`)).join('');
      const detail = `invalid character U+${code.toString(16).toUpperCase().padStart(4, '0')} (at position ${position})`;
      errors.push({
        ...invalid(path, '', detail),
        message: `Invalid value: ${[...manager].length === 1 ? shown : `"${whole}"`}: ${detail}`,
      });
    }
    position += Buffer.byteLength(character);
  }
  return errors;
}

/** unicode.IsPrint: letters, marks, numbers, punctuation, symbols and the ASCII space. */
const isPrintable = (character: string): boolean => character === ' ' || /^[\p{L}\p{M}\p{N}\p{P}\p{S}]$/u.test(character);

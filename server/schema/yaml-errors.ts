import type {YAMLException} from 'js-yaml';

/**
 * libyaml's words for what js-yaml found wrong. Errors of its scanner name the line counted from one, those of its parser counted from
 * zero, and neither names the first line (go-yaml's parser.fail).
 */
export function libyamlError(error: YAMLException, text: string): string {
  const {message, scanner, line = error.mark?.line ?? 0} = explain(error, text);
  return line === 0 ? message : `line ${scanner ? line + 1 : line}: ${message}`;
}

interface Explained {
  message: string;
  /** Found by the scanner, not the parser. */
  scanner?: boolean;
  /** Counted from zero, where it is not the one js-yaml names. */
  line?: number;
}

function explain({reason, mark}: YAMLException, text: string): Explained {
  const position = mark?.position ?? text.length;
  const next = text.slice(position).trimStart()[0] ?? '';
  if (/null byte|non-printable|valid JSON character/.test(reason)) return {message: 'control characters are not allowed', line: 0};
  if (/unknown escape sequence/.test(reason)) return {message: 'found unknown escape character', scanner: true};
  if (/hexadecimal/.test(reason)) return {message: 'did not find expected hexdecimal number', scanner: true};
  if (/directives? /.test(reason)) return {message: 'found unknown directive name', scanner: true};
  if (next === '') return atEnd(text);
  if (/missed comma/.test(reason))
    return {message: `did not find expected ',' or '${openBracket(text.slice(0, position)) === '[' ? ']' : '}'}'`};
  if (/expected the node content/.test(reason)) return {message: 'did not find expected node content'};
  if (/^[@`%]/.test(next)) return {message: 'found character that cannot start any token', scanner: true};
  if (/tab characters/.test(reason)) return {message: 'found character that cannot start any token', scanner: true};
  return misplaced(text, position, next);
}

/** A token where none of its kind may stand. */
function misplaced(text: string, position: number, next: string): Explained {
  const line = text.slice(text.lastIndexOf('\n', position - 1) + 1).split('\n', 1)[0]!;
  if (next === '-' && /^\s*[^\s-]/.test(line)) return {message: 'block sequence entries are not allowed in this context', scanner: true};
  if (next === '?') return {message: 'mapping keys are not allowed in this context', scanner: true};
  if (next === ':' || /^\s*\S*:\s+\S.*:(\s|$)/.test(line))
    return {message: 'mapping values are not allowed in this context', scanner: true};
  const before = text.slice(0, position).trimEnd().split('\n').at(-1)!;
  if (/^-\s/.test(before) && /^\S/.test(line)) return {message: "did not find expected '-' indicator"};
  if (/^[^:]*$/.test(before) && /:(\s|$)/.test(line)) return {message: 'mapping values are not allowed in this context', scanner: true};
  return {message: 'did not find expected key'};
}

function atEnd(text: string): Explained {
  const open = openBracket(text);
  if (open === '"' || open === "'") return {message: 'found unexpected end of stream', scanner: true};
  if (open === '') return {message: "could not find expected ':'", scanner: true};
  const last = text.trimEnd().at(-1)!;
  return {
    // The end of the text is a line of its own.
    line: text.trimEnd() === text ? text.split('\n').length : text.split('\n').length - 1,
    message: '[{,:'.includes(last) ? 'did not find expected node content' : `did not find expected ',' or '${open === '[' ? ']' : '}'}'`,
  };
}

/** The innermost bracket or quote that is still open at the end of the text. */
function openBracket(text: string): string {
  const open: string[] = [];
  for (let index = 0; index < text.length; index++) {
    const character = text[index]!;
    const inside = open.at(-1);
    if (inside === '"' && character === '\\') index++;
    else if (inside === '"' || inside === "'") {
      if (character === inside) open.pop();
    } else if (character === '[' || character === '{') open.push(character);
    else if (character === ']' || character === '}') open.pop();
    else if ((character === '"' || character === "'") && /[\s[{,:]/.test(text[index - 1] ?? ' ')) open.push(character);
  }
  return open.at(-1) ?? '';
}

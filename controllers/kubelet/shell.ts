/** One simple command of a script. */
export interface Command {
  /** The words after expansion of variables. */
  words(variables: ReadonlyMap<string, string>): string[];
  /** What stands before it. */
  joined: ';' | '&&' | '||';
  /** Where its output goes: `&2`, or a file. */
  redirect?: string;
  /** The body of a `while true` loop, which has no words. */
  loop?: string;
}

/** Takes a script apart. Undefined: it uses more of the shell than is understood. */
export function parseScript(script: string): Command[] | undefined {
  const commands: Command[] = [];
  let rest = script.trim();
  let joined: Command['joined'] = ';';
  while (rest !== '') {
    const loop = /^while\s+(?:true|:)\s*[;\n]\s*do\s([\s\S]*?)[;\n]\s*done\b/.exec(rest);
    if (loop) {
      commands.push({words: () => [], joined, loop: loop[1]!});
      rest = rest.slice(loop[0].length);
    } else {
      const simple = parseSimple(rest);
      if (!simple) return undefined;
      commands.push({...simple.command, joined});
      rest = simple.rest;
    }
    const separator = /^[ \t]*(&&|\|\||;|\n|#[^\n]*\n?|$)\s*/.exec(rest);
    if (!separator) return undefined;
    joined = separator[1] === '&&' || separator[1] === '||' ? separator[1] : ';';
    rest = rest.slice(separator[0].length);
  }
  return commands;
}

type Piece = {text: string} | {variable: string; fallback?: string; quoted: boolean};

const KEYWORDS = new Set(['if', 'for', 'while', 'until', 'case', 'function', '{', '(', '[', 'test']);

function parseSimple(source: string): {command: Omit<Command, 'joined'>; rest: string} | undefined {
  const words: Piece[][] = [];
  let redirect: string | undefined;
  let at = 0;
  while (at < source.length) {
    const blank = /^[ \t]+/.exec(source.slice(at));
    if (blank) at += blank[0].length;
    const tail = source.slice(at);
    if (tail === '' || /^(;|\n|&&|\|\||#)/.test(tail)) break;
    const redirection = /^(?:[12])?>>?\s*(&\d|[^\s;&|<>]+)/.exec(tail);
    if (redirection) {
      // Only where standard output goes matters.
      if (!redirection[0].startsWith('2')) redirect = redirection[1];
      at += redirection[0].length;
      continue;
    }
    const word = parseWord(tail);
    if (!word) return undefined;
    words.push(word.pieces);
    at += word.length;
  }
  const first = words[0]?.[0];
  if (first && 'text' in first && KEYWORDS.has(first.text)) return undefined;
  const expand = (variables: ReadonlyMap<string, string>) => words.flatMap(word => expandWord(word, variables));
  return {command: {words: expand, ...(redirect !== undefined && {redirect})}, rest: source.slice(at)};
}

const VARIABLE = /^\$(?:([A-Za-z_]\w*)|\{([A-Za-z_]\w*)(?::-([^}]*))?\})/;

function parseWord(source: string): {pieces: Piece[]; length: number} | undefined {
  const pieces: Piece[] = [];
  let at = 0;
  const push = (text: string) => void pieces.push({text});
  while (at < source.length) {
    const tail = source.slice(at);
    const plain = /^[^\s;&|<>()$`"'\\#]+|^#/.exec(at === 0 && tail.startsWith('#') ? '' : tail);
    const single = /^'([^']*)'/.exec(tail);
    const variable = VARIABLE.exec(tail);
    if (plain) {
      push(plain[0]);
      at += plain[0].length;
    } else if (single) {
      push(single[1]!);
      at += single[0].length;
    } else if (tail.startsWith('"')) {
      const quoted = parseQuoted(tail);
      if (!quoted) return undefined;
      pieces.push(...quoted.pieces);
      at += quoted.length;
    } else if (variable) {
      pieces.push(toVariable(variable, false));
      at += variable[0].length;
    } else if (tail.startsWith('\\') && tail.length > 1) {
      push(tail[1]!);
      at += 2;
    } else break;
  }
  return at > 0 ? {pieces, length: at} : undefined;
}

function parseQuoted(source: string): {pieces: Piece[]; length: number} | undefined {
  const pieces: Piece[] = [{text: ''}];
  let at = 1;
  while (at < source.length && source[at] !== '"') {
    const tail = source.slice(at);
    const variable = VARIABLE.exec(tail);
    if (variable) {
      pieces.push(toVariable(variable, true));
      at += variable[0].length;
    } else if (/^\$\(|^`/.test(tail)) return undefined;
    else if (/^\\["\\$`]/.test(tail)) {
      pieces.push({text: tail[1]!});
      at += 2;
    } else {
      pieces.push({text: tail[0]!});
      at++;
    }
  }
  return source[at] === '"' ? {pieces, length: at + 1} : undefined;
}

const toVariable = ([, name, braced, fallback]: RegExpExecArray, quoted: boolean): Piece => ({
  variable: (name ?? braced)!,
  quoted,
  ...(fallback !== undefined && {fallback}),
});

/** A variable outside quotes falls apart at its blanks. */
function expandWord(pieces: readonly Piece[], variables: ReadonlyMap<string, string>): string[] {
  const words: string[] = [''];
  for (const piece of pieces) {
    const text = 'text' in piece ? piece.text : (variables.get(piece.variable) ?? piece.fallback ?? '');
    const parts = 'text' in piece || piece.quoted ? [text] : text.split(/\s+/);
    words[words.length - 1] += parts[0]!;
    words.push(...parts.slice(1));
  }
  return pieces.some(piece => 'text' in piece || piece.quoted) ? words : words.filter(word => word !== '');
}

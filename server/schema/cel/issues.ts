/** One fault of an expression, at an offset in code points (-1: of the whole). */
export interface Issue {
  readonly at: number;
  readonly message: string;
}

/** Issues as cel-go displays them, in order of place, each with its source line and a pointer. */
export function displayIssues(source: string, issues: readonly Issue[]): string {
  const lines = source.split('\n').map(line => [...line]);
  const placed = issues.map(issue => ({...issue, ...place(lines, issue.at)}));
  placed.sort((a, b) => a.line - b.line || a.column - b.column);
  return placed
    .map(({message, line, column}) => {
      const head = `ERROR: <input>:${line}:${column + 1}: ${message}`;
      if (source === '') return `ERROR: <input>:1:0: ${message}`;
      if (line < 1) return `ERROR: <input>:-1:0: ${message}`;
      const text = lines[line - 1] ?? [];
      return `${head}\n | ${text.join('').replaceAll('\t', ' ')}\n | ${pointer(text, column)}`;
    })
    .join('\n');
}

const isWide = (char: string | undefined): boolean => char !== undefined && char.codePointAt(0)! > 0x7f;

function pointer(line: readonly string[], column: number): string {
  const dots = Array.from({length: column}, (_, index) => (isWide(line[index]) ? '．' : '.')).join('');
  return dots + (isWide(line[column]) ? '＾' : '^');
}

function place(lines: readonly string[][], at: number): {line: number; column: number} {
  if (at < 0) return {line: -1, column: -1};
  let rest = at;
  for (const [index, line] of lines.entries()) {
    if (rest <= line.length) return {line: index + 1, column: rest};
    rest -= line.length + 1;
  }
  return {line: lines.length, column: lines.at(-1)?.length ?? 0};
}

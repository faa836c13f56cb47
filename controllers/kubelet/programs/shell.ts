import {posix} from 'node:path';
import {expandText, expandWord, globPattern} from './expand.ts';
import type {Process, Program, Step, Steps} from './process.ts';
import {fail, messageOf, resolvePath} from './process.ts';
import type {Node, Redirect} from './script.ts';
import {shellBuiltins} from './shell-builtins.ts';
import type {Shell} from './shell-state.ts';
import {parseScript} from './syntax.ts';

export function* runScript(shell: Shell, script: string): Program {
  const node = parseScript(script);
  if (!node) return yield* shell.process.unknown('sh');
  return yield* runNode(shell, node);
}

/** Gives the exit code, which is the shell's status too. */
export function* runNode(shell: Shell, node: Node): Program {
  shell.status = yield* perform(shell, node);
  return shell.status;
}

function* perform(shell: Shell, node: Node): Program {
  switch (node.type) {
    case 'simple':
      return yield* runSimple(shell, node);
    case 'list':
      return yield* runList(shell, node);
    case 'pipe':
      return yield* runPipe(shell, node);
    case 'if':
      for (const {condition, body} of node.branches) if ((yield* test(shell, condition)) === 0) return yield* runNode(shell, body);
      return node.otherwise ? yield* runNode(shell, node.otherwise) : 0;
    case 'loop':
      return yield* runLoop(shell, node);
    case 'for':
      return yield* runFor(shell, node);
    case 'group':
      return yield* runGroup(shell, node);
    case 'redirected':
      return yield* redirected(shell, node.redirects, () => runNode(shell, node.body));
  }
}

function* runList(shell: Shell, {items}: Extract<Node, {type: 'list'}>): Program {
  for (const [index, {joined, node}] of items.entries()) {
    if ((joined === '&&' && shell.status !== 0) || (joined === '||' && shell.status === 0)) continue;
    yield* runNode(shell, node);
    const checked = (items[index + 1]?.joined ?? ';') !== ';' || (node.type === 'pipe' && node.negated);
    if (shell.strict && shell.status !== 0 && !checked && shell.testing === 0) shell.leaving ??= 'exit';
    if (shell.leaving) break;
  }
  return items.length === 0 ? 0 : shell.status;
}

function* test(shell: Shell, condition: Node): Program {
  shell.testing++;
  const code = yield* runNode(shell, condition);
  shell.testing--;
  return code;
}

/** Whether the loop goes on after a round. */
function goesOn(shell: Shell): boolean {
  if (shell.leaving === 'exit') return false;
  const goes = shell.leaving !== 'break';
  delete shell.leaving;
  return goes;
}

function* runLoop(shell: Shell, {until, condition, body}: Extract<Node, {type: 'loop'}>): Program {
  let code = 0;
  for (;;) {
    yield {type: 'round', env: shell.process.env};
    const holds = (yield* test(shell, condition)) === 0;
    if (shell.leaving) return shell.status;
    if (holds === until) return code;
    code = yield* runNode(shell, body);
    if (!goesOn(shell)) return code;
  }
}

function* runFor(shell: Shell, {name, words, body}: Extract<Node, {type: 'for'}>): Program {
  let code = 0;
  for (const value of yield* expandAll(shell, words)) {
    shell.process.env.set(name, value);
    code = yield* runNode(shell, body);
    if (!goesOn(shell)) break;
  }
  return code;
}

function* runGroup(shell: Shell, {body, own}: Extract<Node, {type: 'group'}>): Program {
  return yield* runNode(own ? subshell(shell) : shell, body);
}

const subshell = (shell: Shell): Shell => ({...shell, process: {...shell.process, env: new Map(shell.process.env)}});

function* runSimple(shell: Shell, {assignments, words, redirects}: Extract<Node, {type: 'simple'}>): Program {
  const substitute = (list: Node) => output(shell, list);
  // Where there is nothing to run, the last substitution says how it went.
  if (words.length === 0) shell.status = 0;
  const argv = yield* expandAll(shell, words);
  const env = argv.length === 0 ? shell.process.env : new Map(shell.process.env);
  for (const [name, word] of assignments) env.set(name, yield* expandText(shell, word, substitute));
  if (argv.length === 0) return redirects.length === 0 ? shell.status : yield* redirected(shell, redirects, nothing);
  return yield* redirected(shell, redirects, () => {
    const process = assignments.length === 0 ? shell.process : {...shell.process, env};
    return runCommand(shell, process, argv);
  });
}

/** A builtin of the shell, or a program. */
function runCommand(shell: Shell, process: Process, argv: readonly string[]): Program {
  const [name, ...rest] = argv as [string, ...string[]];
  switch (name) {
    case 'exec':
      return replaced(shell, process, rest);
    case 'command':
      return rest[0]?.startsWith('-') ? process.run(process, ['which', ...rest.slice(1)]) : runCommand(shell, process, rest);
    case 'eval':
      return runScript(shell, rest.join(' '));
    default:
      return shellBuiltins.get(name)?.(shell, argv) ?? process.run(process, argv);
  }
}

/** `exec`: nothing comes after it. */
function* replaced(shell: Shell, process: Process, argv: readonly string[]): Program {
  if (argv.length === 0) return 0;
  const code = yield* process.run(process, argv);
  shell.leaving = 'exit';
  return code;
}

// biome-ignore lint/correctness/useYield: nothing is to be done
function* nothing(): Program {
  return 0;
}

function* expandAll(shell: Shell, words: Extract<Node, {type: 'simple'}>['words']): Steps<string[]> {
  const all: string[] = [];
  for (const word of words) {
    const expanded = yield* expandWord(shell, word, list => output(shell, list));
    const isGlob = word.some(piece => piece.type === 'text' && !piece.quoted && /[*?]/.test(piece.text));
    all.push(...(isGlob ? expanded.flatMap(text => expandGlob(shell.process, text)) : expanded));
  }
  return all;
}

/** Files of one directory that match; the pattern itself where none does. */
function expandGlob(process: Process, pattern: string): string[] {
  const directory = process.files.find(resolvePath(process, posix.dirname(pattern)));
  const matches = globPattern(posix.basename(pattern));
  if (directory?.type !== 'directory') return [pattern];
  const found = [...directory.entries.keys()].filter(name => matches.test(name) && !name.startsWith('.')).sort();
  const base = pattern.slice(0, pattern.lastIndexOf('/') + 1);
  return found.length === 0 ? [pattern] : found.map(name => base + name);
}

/** What a list of commands writes. */
function* output(shell: Shell, list: Node): Steps<string> {
  const chunks: Buffer[] = [];
  const inner = subshell(shell);
  yield* through(runNode(inner, list), function* (step) {
    if (step.type === 'write' && step.stream === 'stdout') chunks.push(step.bytes);
    else return yield step;
  });
  shell.status = inner.status;
  return Buffer.concat(chunks).toString();
}

/** Each part runs as far as the next one reads. */
function* runPipe(shell: Shell, {parts, negated}: Extract<Node, {type: 'pipe'}>): Program {
  const [first, ...rest] = parts;
  let program = runNode(subshell(shell), first!);
  for (const part of rest) program = joined(program, runNode(subshell(shell), part));
  const code = yield* program;
  return negated ? Number(code === 0) : code;
}

function* joined(source: Program, target: Program): Program {
  return yield* through(target, function* (step) {
    return step.type === 'read' ? yield* nextOutput(source) : yield step;
  });
}

/** Runs a program until it writes to its output; undefined: it has ended. */
function* nextOutput(source: Program): Steps<Buffer | undefined> {
  let answer: Buffer | undefined;
  for (let next = source.next(); !next.done; next = source.next(answer)) {
    if (next.value.type === 'write' && next.value.stream === 'stdout') return next.value.bytes;
    answer = yield next.value;
  }
  return undefined;
}

/** Runs a program and does with its steps what is said; gives its exit code. */
export function* through(program: Program, each: (step: Step) => Steps<Buffer | undefined>): Program {
  let next = program.next();
  while (!next.done) next = program.next(yield* each(next.value));
  return next.value;
}

/** Where the output of a command goes: a stream, the path of a file, or nowhere. */
type Sink = {stream: 'stdout' | 'stderr'} | {path: string} | undefined;

const DEVICES: {readonly [path: string]: Sink} = {
  '/dev/null': undefined,
  '/dev/stdout': {stream: 'stdout'},
  '/proc/1/fd/1': {stream: 'stdout'},
  '/proc/self/fd/1': {stream: 'stdout'},
  '/dev/stderr': {stream: 'stderr'},
  '/proc/1/fd/2': {stream: 'stderr'},
  '/proc/self/fd/2': {stream: 'stderr'},
};

function* redirected(shell: Shell, redirects: readonly Redirect[], run: () => Program): Program {
  if (redirects.length === 0) return yield* run();
  const {process} = shell;
  const sinks: {stdout: Sink; stderr: Sink} = {stdout: {stream: 'stdout'}, stderr: {stream: 'stderr'}};
  let input: Buffer | undefined;
  for (const {from, append, to} of redirects) {
    const file = typeof to === 'string' ? '' : yield* expandText(shell, to, list => output(shell, list));
    const path = resolvePath(process, file);
    try {
      if (from === '0') input = path === '/dev/null' ? Buffer.alloc(0) : process.files.read(path);
      else {
        const sink = typeof to === 'string' ? sinks[to === '1' ? 'stdout' : 'stderr'] : path in DEVICES ? DEVICES[path] : {path};
        if (sink && 'path' in sink && typeof to !== 'string' && !(append && process.files.find(path)))
          process.files.write(path, Buffer.alloc(0));
        if (from !== '2') sinks.stdout = sink;
        if (from !== '1') sinks.stderr = sink;
      }
    } catch (error) {
      return yield* fail(shell.args[0] ?? 'sh', `can't ${from === '0' ? 'open' : 'create'} ${file}: ${messageOf(error)}`);
    }
  }
  return yield* through(run(), function* (step) {
    if (step.type === 'read' && input) {
      const bytes = input;
      input = Buffer.alloc(0);
      return bytes.length > 0 ? bytes : undefined;
    }
    if (step.type !== 'write') return yield step;
    const sink = sinks[step.stream];
    if (!sink) return undefined;
    if ('path' in sink) return appendTo(process, sink.path, step.bytes);
    return yield {...step, stream: sink.stream};
  });
}

/** Adds to a file. */
function appendTo({files}: Process, path: string, bytes: Buffer): undefined {
  const known = files.find(path);
  files.write(path, known?.type === 'file' ? Buffer.concat([known.bytes, bytes]) : bytes);
}

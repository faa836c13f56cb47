import type {Program, Steps} from './process.ts';
import {fail, write} from './process.ts';
import type {Node} from './script.ts';
import {runNode, through} from './shell.ts';
import type {Shell} from './shell-state.ts';
import {parseScript} from './syntax.ts';

const PROMPT = '# ';

/** Takes one line after the other, or several where a command needs them; `exit` or the end of input ends it. */
export function* interactiveShell(shell: Shell): Program {
  const typed = {text: '', ended: false};
  while (!shell.leaving) {
    if (shell.process.terminal) yield* write(PROMPT);
    const node = yield* nextCommand(typed);
    if (!node) {
      if (typed.ended && typed.text.trim() === '') break;
      yield* fail('sh', 'syntax error: a simulated shell understands simple scripts only', 2);
      shell.status = 2;
      typed.text = '';
    } else yield* fed(shell, node, typed);
  }
  return shell.status;
}

interface Typed {
  text: string;
  ended: boolean;
}

/** The next command that is complete; undefined: the input has ended before. */
function* nextCommand(typed: Typed): Steps<Node | undefined> {
  for (let from = 0; ; ) {
    const end = typed.text.indexOf('\n', from);
    if (end >= 0) {
      const node = parseScript(typed.text.slice(0, end));
      from = end + 1;
      if (!node) continue;
      typed.text = typed.text.slice(from);
      return node;
    }
    if (typed.ended) {
      const node = typed.text.trim() === '' ? undefined : parseScript(typed.text);
      if (node) typed.text = '';
      return node;
    }
    const bytes = yield {type: 'read'};
    if (bytes) typed.text += String(bytes);
    else typed.ended = true;
  }
}

/** Runs a command, which reads first what was typed after it. */
function* fed(shell: Shell, node: Node, typed: Typed): Program {
  return yield* through(runNode(shell, node), function* (step): Steps<Buffer | undefined> {
    if (step.type !== 'read' || typed.text === '') return yield step;
    const bytes = Buffer.from(typed.text);
    typed.text = '';
    return bytes;
  });
}

import {setFlagsFromString} from 'node:v8';

/**
 * Has V8 compile less. In the few thousand requests that most clusters live for, its optimizing compiler would take as much time again as
 * the requests themselves, most of it for copies of small functions in each of their callers. Long after, a request costs the same with
 * these settings as without (bench/).
 */
export function compileLess(): void {
  setFlagsFromString('--max-inlined-bytecode-size=100');
  setFlagsFromString('--max-inlined-bytecode-size-cumulative=100');
}

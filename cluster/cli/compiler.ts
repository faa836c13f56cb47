/**
 * Flags of Node by which V8 compiles less. In the few thousand requests that most clusters live for, its optimizing compiler would take as
 * much time again as the requests themselves, most of it for copies of small functions in each of their callers. Long after, a request
 * costs the same with these flags as without (bench/). They must be there when Node starts: changed under a running compiler, they can
 * bring it down.
 */
export const COMPILE_LESS: readonly string[] = ['--max-inlined-bytecode-size=100', '--max-inlined-bytecode-size-cumulative=100'];

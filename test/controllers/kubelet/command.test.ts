import assert from 'node:assert/strict';
import {expandReferences, interpretCommand} from '../../../controllers/kubelet/command.ts';
import type {Run} from '../../../controllers/kubelet/run.ts';

const env = new Map([
  ['NAME', 'world'],
  ['WORDS', 'a  b'],
]);

const run = (...argv: string[]): Run | undefined => interpretCommand(argv, {env, terminationMessagePath: '/dev/termination-log'});

/** Output, exit code and time on one line. */
function brief(argv: string[]): string {
  const result = run(...argv);
  if (!result) return 'not understood';
  const texts = result.output.map(({at, stream, text}) => `${at}${stream === 'stderr' ? '!' : ''}:${JSON.stringify(text)}`);
  return [...texts, result.exit ? `exit ${result.exit.code} at ${result.exit.at}` : 'runs'].join(' ');
}

const sh = (script: string) => ['sh', '-c', script];

const CASES: [string[], string][] = [
  [['sleep', '5'], 'exit 0 at 5000'],
  [['/bin/sleep', '1.5m'], 'exit 0 at 90000'],
  [['sleep', 'infinity'], 'runs'],
  [['true'], 'exit 0 at 0'],
  [['false'], 'exit 1 at 0'],
  [['echo', 'a', 'b'], '0:"a b\\n" exit 0 at 0'],
  [['echo', '-n', 'a'], '0:"a" exit 0 at 0'],
  [['printf', '%s=%d\\n', 'x', '3'], '0:"x=3\\n" exit 0 at 0'],
  [['nginx', '-g', 'daemon off;'], 'not understood'],
  [['wget', 'http://web'], 'not understood'],
  [[], 'not understood'],
  [sh('exit 3'), 'exit 3 at 0'],
  [sh('echo one; sleep 2; echo two'), '0:"one\\n" 2000:"two\\n" exit 0 at 2000'],
  [sh('false && echo no; echo yes'), '0:"yes\\n" exit 0 at 0'],
  [sh('false || echo "as $NAME"'), '0:"as world\\n" exit 0 at 0'],
  [sh(`echo '$NAME' $\{MISSING:-none}`), '0:"$NAME none\\n" exit 0 at 0'],
  [sh('echo $WORDS'), '0:"a b\\n" exit 0 at 0'],
  [sh('X=1; echo $X >&2; exit 7'), '0!:"1\\n" exit 7 at 0'],
  [sh('sleep 1\nsleep 2 # and a comment\nexit 300'), 'exit 44 at 3000'],
  [sh('exec sleep 3600'), 'exit 0 at 3600000'],
  [sh('set -e; echo a > /tmp/file; false'), 'exit 1 at 0'],
  [sh('if true; then echo a; fi'), '0:"a\\n" exit 0 at 0'],
  [sh('python -m http.server'), 'not understood'],
  [sh('echo $(date)'), '0:"Thu Jan 1 00:00:00 UTC 1970\\n" exit 0 at 0'],
  [sh('while true; do sleep 1; done'), 'runs'],
  [['bash', '-ec', 'echo a'], '0:"a\\n" exit 0 at 0'],
];

describe('commands of containers', () => {
  for (const [argv, want] of CASES) it(`${JSON.stringify(argv)}: ${want}`, () => assert.equal(brief(argv), want));

  it('end after what is done once, if they are the containers own', () => {
    const own = (...argv: string[]) => interpretCommand(argv, {env, own: true});
    assert.deepEqual(own('wget', 'http://web'), {output: [], exit: {at: 0, code: 0}});
    assert.deepEqual(own(...sh('sleep 2 && /usr/bin/curl -s http://web && exit 4')), {output: [], exit: {at: 2000, code: 4}});
    assert.deepEqual(own('nginx'), undefined);
  });

  it('leave a termination message', () => {
    assert.equal(run(...sh('echo -n DONE > /dev/termination-log; exit 1'))?.terminationMessage, 'DONE');
  });

  it('repeat the body of an endless loop', () => {
    const loop = run(...sh('echo first; while true; do echo again; sleep 5; done'))?.loop;
    assert.deepEqual(loop, {from: 0, period: 5000, output: [{at: 0, stream: 'stdout', text: 'again\n'}]});
  });

  it('are played on where no round is as the one before', () => {
    const rest = run(...sh('i=0; while true; do echo $i; i=$((i + 1)); sleep 1; done'))?.rest;
    assert.equal(rest?.next(100_000), 101_000);
    assert.deepEqual(rest?.until(100_000).at(-1), {at: 100_000, stream: 'stdout', text: '100\n'});
  });

  it('tell the time of their rounds', () => {
    const {rest, output} = interpretCommand(sh('while true; do date +%s; sleep 60; done'), {env, start: 1000})!;
    assert.equal(output[1]?.text, '61\n');
    assert.equal(rest?.until(6_000_000).at(-1)?.text, '6001\n');
  });

  it('go round without end and without time', () => {
    assert.equal(run(...sh('i=0; while true; do i=$((i + 1)); done'))?.rest?.next(0), undefined);
  });

  it('do not look for files that may be in an image', () => {
    const own = (script: string) => interpretCommand(sh(script), {env, own: true});
    assert.equal(own('until [ -f /ready ]; do sleep 1; done'), undefined);
    assert.deepEqual(own('cat /app/config && echo done')?.output, [{at: 0, stream: 'stdout', text: 'done\n'}]);
  });

  it('leave files', () => {
    const {files} = run(...sh('sleep 1; echo a > /tmp/a; sleep 1; echo b >> /tmp/a'))!;
    assert.deepEqual(
      files?.filter(({bytes}) => bytes.length > 0).map(({at, path, bytes}) => [at, path, String(bytes)]),
      [
        [1000, '/tmp/a', 'a\n'],
        [2000, '/tmp/a', 'a\nb\n'],
      ],
    );
  });

  it('expand references', () => {
    assert.equal(expandReferences('$(NAME) $$(NAME) $(MISSING) $x', env), 'world $(NAME) $(MISSING) $x');
  });
});

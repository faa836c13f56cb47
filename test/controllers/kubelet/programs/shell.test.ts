import assert from 'node:assert/strict';
import {gunzipSync} from 'node:zlib';
import {createFiles, newDirectory} from '../../../../controllers/kubelet/programs/files.ts';
import type {Process, Program} from '../../../../controllers/kubelet/programs/process.ts';
import {fail} from '../../../../controllers/kubelet/programs/process.ts';
import {runProgram} from '../../../../controllers/kubelet/programs/run-program.ts';

const NOW = Date.parse('2030-01-02T03:04:05Z');

function newProcess(): Process {
  const files = createFiles(newDirectory(NOW), () => NOW);
  for (const path of ['/bin', '/etc', '/tmp']) files.makeDirectory(path);
  files.write('/etc/fruit', Buffer.from('pear\napple\nfig\napple\n'));
  return {
    env: new Map([['NAME', 'world']]),
    directory: '/',
    files,
    now: () => NOW,
    run: runProgram,
    unknown: name => fail(name, 'not found', 127),
  };
}

interface Outcome {
  stdout: Buffer;
  stderr: string;
  code: number;
}

/** Plays a program to its end; it reads what `input` holds, piece by piece. */
function play(program: Program, input: readonly (string | Buffer)[] = []): Outcome {
  const rest = [...input];
  const written: {stdout: Buffer[]; stderr: Buffer[]} = {stdout: [], stderr: []};
  let next = program.next();
  while (!next.done) {
    const step = next.value;
    if (step.type === 'write') written[step.stream].push(step.bytes);
    const answer = step.type === 'read' ? rest.shift() : undefined;
    next = program.next(answer === undefined ? undefined : Buffer.from(answer as string));
  }
  return {stdout: Buffer.concat(written.stdout), stderr: Buffer.concat(written.stderr).toString(), code: next.value};
}

const script = (text: string, ...input: string[]): Outcome => play(runProgram(newProcess(), ['sh', '-c', text]), input);

/** What a script writes, and its exit code if that is not 0. */
const brief = (text: string, ...input: string[]): string => {
  const {stdout, code} = script(text, ...input);
  return `${stdout}${code === 0 ? '' : `exit ${code}`}`;
};

const CASES: [string, string][] = [
  ['for i in $(seq 1 3); do echo $i; done', '1\n2\n3\n'],
  ['for i in a "b c"; do echo "<$i>"; done', '<a>\n<b c>\n'],
  ['i=0; while [ $i -lt 3 ]; do i=$((i + 1)); [ $i = 2 ] && continue; echo $i; done', '1\n3\n'],
  ['until false; do echo once; break; done', 'once\n'],
  ['if [ -z "$X" ]; then echo none; elif true; then echo no; else echo never; fi', 'none\n'],
  ['if grep -q fig /etc/fruit; then echo found; fi', 'found\n'],
  ['! false && echo yes', 'yes\n'],
  ['false; echo $?', '1\n'],
  ['(exit 3); echo $?', '3\n'],
  [`(X=inner); X=$\{X:-outer}; echo $X`, 'outer\n'],
  ['{ echo a; echo b; } | tac', 'b\na\n'],
  ['set -e; false; echo never', 'exit 1'],
  ['set -e; false || true; echo on', 'on\n'],
  ['echo $(echo "in $(echo deep)")', 'in deep\n'],
  ['echo `echo old`', 'old\n'],
  [`echo "$NAME is $\{NAME%ld} $\{#NAME} $\{OTHER:+never}"`, 'world is wor 5 \n'],
  [`X='a  b'; echo $X; echo "$X"`, 'a b\na  b\n'],
  ['echo $(( (2 + 3) * 4 % 7 ))', '6\n'],
  ['X=1 printenv X; echo "<$X>"', '1\n<>\n'],
  ['sort -u /etc/fruit | head -2', 'apple\nfig\n'],
  ['cat /etc/fruit | grep -c apple', '2\n'],
  ['yes | head -n 2', 'y\ny\n'],
  ['echo one > /tmp/f; echo two >> /tmp/f; cat /tmp/f; wc -l < /tmp/f', 'one\ntwo\n2\n'],
  ['echo lost > /dev/null 2>&1; echo kept 2>/dev/null', 'kept\n'],
  ['cd /tmp && mkdir -p a/b && touch a/b/c && find . -type f && pwd', './a/b/c\n/tmp\n'],
  ['cp /etc/fruit /tmp; mv /tmp/fruit /tmp/basket; ls /tmp; rm /tmp/basket; ls /tmp', 'basket\n'],
  ['touch /tmp/x.log /tmp/y.txt; echo /tmp/*.log', '/tmp/x.log\n'],
  ['echo a:b:c | cut -d: -f2; echo Hello | tr a-z A-Z', 'b\nHELLO\n'],
  ['echo -n text | base64', 'dGV4dA==\n'],
  ['echo -n text | sha256sum', '982d9e3eb996f559e633f4d194def3761d909f5a3b647d1a851fead67c32c9d1  -\n'],
  ['printf "%s-%03d\\n" a 7', 'a-007\n'],
  ['date +%Y-%m-%dT%H:%M:%SZ', '2030-01-02T03:04:05Z\n'],
  ['eval "echo $NAME"', 'world\n'],
  ['exec echo last; echo never', 'last\n'],
  ['nosuch', 'exit 127'],
  ['cat /nosuch || echo $?', '1\n'],
  ['echo <<EOF', 'exit 127'],
];

describe('the shell of simulated containers', () => {
  for (const [text, want] of CASES) it(`runs ${text}`, () => assert.equal(brief(text), want));

  it('complains as programs do', () => {
    assert.equal(script('cat /nosuch').stderr, 'cat: /nosuch: No such file or directory\n');
    assert.equal(script('date yesterday').stderr, "date: invalid date 'yesterday'\n");
    assert.equal(script('echo a > /nosuch/file').stderr, "sh: can't create /nosuch/file: No such file or directory\n");
  });

  it('hands on what it reads as it comes', () => {
    assert.equal(brief('cat', 'one\n', 'two\n'), 'one\ntwo\n');
    assert.equal(brief('while read a b; do echo "$b $a"; done', '1 2\n', '3 4\n'), '2 1\n4 3\n');
  });

  it('compresses', () => {
    assert.equal(String(gunzipSync(script('echo -n text | gzip').stdout)), 'text');
    assert.equal(brief('gzip < /etc/fruit | gunzip | head -1'), 'pear\n');
  });

  it('packs and unpacks archives', () => {
    const process = newProcess();
    const packed = play(runProgram(process, ['tar', 'cf', '-', '-C', '/', 'etc']));
    const input = [packed.stdout.subarray(0, 700), packed.stdout.subarray(700)];
    assert.equal(play(runProgram(process, ['tar', '-tf', '-']), input).stdout.toString(), 'etc/\netc/fruit\n');
    assert.equal(play(runProgram(process, ['tar', '-xmf', '-', '-C', '/tmp']), input).code, 0);
    assert.equal(String(process.files.read('/tmp/etc/fruit')), 'pear\napple\nfig\napple\n');
  });

  it('unpacks an archive whose input stays open', () => {
    const process = newProcess();
    const packed = play(runProgram(process, ['tar', 'cf', '-', '/etc'])).stdout;
    const program = runProgram(process, ['tar', 'xf', '-', '-C', '/tmp']);
    assert.deepEqual(program.next().value, {type: 'read'});
    assert.deepEqual(program.next(packed), {done: true, value: 0});
  });

  it('packs names that are long', () => {
    const process = newProcess();
    const path = `/tmp/${'d'.repeat(60)}/${'f'.repeat(80)}`;
    assert.equal(play(runProgram(process, ['sh', '-c', `mkdir -p $(dirname ${path}); echo x > ${path}`])).code, 0);
    const packed = play(runProgram(process, ['tar', 'c', path])).stdout;
    assert.equal(play(runProgram(process, ['tar', 't']), [packed]).stdout.toString(), `${path.slice(1)}\n`);
  });

  describe('that somebody types into', () => {
    const typed = (...input: string[]) => {
      const {stdout, stderr, code} = play(runProgram(newProcess(), ['sh', '-i']), input);
      return {stdout: String(stdout), stderr, code};
    };

    it('takes lines and commands of several lines', () => {
      assert.deepEqual(typed('X=1\necho', ' $X\nfor i in 1 2; do\necho $i\n', 'done\n'), {stdout: '1\n1\n2\n', stderr: '', code: 0});
    });

    it('is found behind other programs, and prompts at a terminal', () => {
      const argv = ['timeout', '-s', 'SIGKILL', '60', 'sh'];
      assert.equal(String(play(runProgram({...newProcess(), terminal: true}, argv), ['whoami\n']).stdout), '# root\n# ');
    });

    it('ends with the code of exit', () => assert.equal(typed('cd /tmp\nfalse\nexit 3\necho never\n').code, 3));

    it('lets programs read what comes next', () => assert.equal(typed('cat\n', 'to cat\n').stdout, 'to cat\n'));
  });
});

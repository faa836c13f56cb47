#!/usr/bin/env node
import {realpathSync} from 'node:fs';
import {fileURLToPath} from 'node:url';
import {Command, CommanderError} from 'commander';
import {StartError, UsageError} from '../errors.ts';
import {flagOf, OPTIONS, optionNames} from '../options.ts';
import {keepHeapCompact} from './heap.ts';

/** Runs the command line; resolves with the exit code. Errors are one line each: 2 for wrong flags, 1 for what cannot be done. */
export async function main(args: readonly string[]): Promise<number> {
  try {
    return await parse(args);
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return 0;
    if (error instanceof CommanderError || error instanceof UsageError) return complain(error.message.replace(/^error: /, ''), 2);
    if (error instanceof StartError) return complain(error.message, 1);
    throw error;
  }
}

async function parse(args: readonly string[]): Promise<number> {
  if (args[0] === 'kube-apiserver' || args[0] === 'etcd') {
    const {STAND_INS} = await import('./stand-ins.ts');
    return STAND_INS[args[0]]!(args.slice(1));
  }
  let code = 0;
  const program = createCommand('kubedouble')
    .description('A test double for Kubernetes: API server, controllers, scheduler and simulated nodes in one process.')
    .enablePositionalOptions();
  program.addHelpText('after', '\nEvery flag of a command is also an environment variable: --http-port is KUBEDOUBLE_HTTP_PORT.');

  const start = withOptions(createCommand('start').description('serve a cluster until it is told to stop'));
  start.action(async flags => {
    const {start} = await import('./start.ts');
    code = await start(flags);
  });

  const run = withOptions(createCommand('run').description('run a command with KUBECONFIG set to a throw-away cluster'));
  run
    .argument('<command...>', 'the command and its arguments')
    .passThroughOptions()
    .action(async (command, flags) => {
      const {run} = await import('./run.ts');
      code = await run(flags, command);
    });

  const controllers = createCommand('controllers').description('run controllers, scheduler and kubelets against any API server');
  controllers
    .requiredOption('--kubeconfig <FILE>', 'how to reach the API server, as an administrator')
    .option('--only <LIST>', 'which, as for --controllers of start', '*')
    .option('--nodes <N>', 'how many simulated nodes to add', '0')
    .option('--leader-elect', 'work only while holding the Lease kube-system/kube-controller-manager')
    .option('--root-ca-file <FILE>', 'authority (PEM) that pods are told of (default: the one of the kubeconfig)')
    .option('--service-account-private-key-file <FILE>', 'private key (PEM) that signs the tokens of Secrets (default: they get none)')
    .option('--cluster-signing-cert-file <FILE>', 'authority (PEM) that signs certificate requests (default: they are not signed)')
    .option('--cluster-signing-key-file <FILE>', 'its private key')
    .option('--log-level <LEVEL>', 'trace, debug, info, warn, error or silent', 'warn')
    .action(async flags => {
      const {controllers} = await import('./controllers.ts');
      code = await controllers(flags);
    });

  const envtest = createCommand('envtest').description('write stand-ins for the binaries of controller-runtime’s envtest');
  envtest.argument('<folder>', 'where to write them: KUBEBUILDER_ASSETS').action(async folder => {
    const {envtest} = await import('./envtest.ts');
    code = envtest(folder);
  });

  program.addCommand(start).addCommand(run).addCommand(controllers).addCommand(envtest);
  if (args.length === 0) throw new UsageError('which command? start, run, controllers, envtest, or --help');
  await program.parseAsync(args, {from: 'user'});
  return code;
}

/** A command that throws instead of exiting and leaves it to `main` to write errors. */
const createCommand = (name: string): Command =>
  new Command(name)
    .exitOverride()
    .configureOutput({writeErr() {}})
    .allowExcessArguments(false)
    .showSuggestionAfterError();

function withOptions(command: Command): Command {
  for (const name of optionNames()) {
    const {argument, description, default: fallback} = OPTIONS[name];
    const note = fallback === undefined || fallback === '' ? '' : ` (default: ${fallback})`;
    const [flag, text] = [`${flagOf(name)} <${argument}>`, `${description}${note}`];
    if (argument === 'LIST') command.option(flag, text, append);
    else command.option(flag, text);
  }
  return command;
}

/** A list may be given in parts, as flags of Go programs. */
const append = (value: string, before: string | undefined): string => (before === undefined ? value : `${before},${value}`);

function complain(message: string, code: number): number {
  process.stderr.write(`kubedouble: ${message.trim().replace(/\s*\n\s*/g, ' ')}\n`);
  return code;
}

// npm links the program, so that the path it is started by is not the file's own.
if (process.argv[1] !== undefined && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
  keepHeapCompact();
  // What may still be open (a connection, a timer) is not waited for.
  process.exit(await main(process.argv.slice(2)));
}

import type {Measured} from './load.ts';
import {BARE_GET, MEASURED_ON, REAL} from './real.ts';

/** Where figures go as they are measured. */
export interface Report {
  /** An operation's cost in milliseconds of server CPU; the target is of these. */
  operation(name: string, cpu: number, measured: Measured, target?: number): void;
  /** A figure that is no operation's. */
  note(name: string, ours: string, target: string, error?: string): void;
}

const BARE = 'bare https';
const WIDTH = 36;

/**
 * Prints to the console. CPU times grow on a busy machine, even those of the operating system: the column `x bare` says how many times
 * what `node:https` alone took for a GET in the same run, and the last one what the target is of that on the machine of the real figures.
 */
export function createReport(): Report {
  let bare: number | undefined;
  console.log(`real: kube-apiserver 1.36.3 and etcd 3.6, measured on ${MEASURED_ON}\n`);
  printRow('operation', 'CPU ms', 'x bare', 'rate/s', 'p50 ms', 'p99 ms', 'real CPU', 'of real', 'target', 'x bare');
  return {
    operation(name, cpu, {count, seconds, p50, p99, error}, target) {
      if (name.startsWith(BARE)) bare ??= cpu;
      const real = REAL[name]?.cpu;
      printRow(
        name,
        number(cpu),
        number(bare && cpu / bare),
        number(count / seconds, 4),
        number(p50),
        number(p99),
        number(real),
        real ? `${Math.round((100 * cpu) / real)} %` : '',
        target ? `≤ ${target}` : '',
        target ? `≤ ${number(target / BARE_GET)}` : '',
      );
      if (error) console.log(`  ! ${error}`);
    },
    note(name, ours, target, error) {
      const real = REAL[name]?.text;
      console.log(`${name.padEnd(WIDTH)}   ${ours}${real ? `   real: ${real}` : ''}   target: ${target}`);
      if (error) console.log(`  ! ${error}`);
    },
  };
}

const number = (value: number | undefined, digits = 3): string => (value === undefined ? '' : String(Number(value.toPrecision(digits))));

function printRow(name: string, ...cells: string[]): void {
  console.log(name.padEnd(WIDTH) + cells.map(cell => cell.padStart(10)).join(''));
}

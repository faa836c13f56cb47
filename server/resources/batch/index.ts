import type {Strategy} from '../resource.ts';
import {cronJob} from './cronjob.ts';
import {job} from './job.ts';

/** Rules of the batch group by kind. */
export const batch: {readonly [kind: string]: Strategy} = {CronJob: cronJob, Job: job};

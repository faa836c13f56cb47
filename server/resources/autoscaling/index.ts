import type {Strategy} from '../resource.ts';
import {horizontalPodAutoscaler} from './horizontalpodautoscaler.ts';

export {fromHub, toHub} from './v1.ts';

/** Rules of the autoscaling group by kind. */
export const autoscaling: {readonly [kind: string]: Strategy} = {HorizontalPodAutoscaler: horizontalPodAutoscaler};

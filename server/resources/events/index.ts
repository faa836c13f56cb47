export {fromHub, toHub} from './conversion.ts';

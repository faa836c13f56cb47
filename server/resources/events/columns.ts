import {columns as core} from '../core/columns.ts';
import type {ColumnsByKind} from '../printing.ts';

/** Events of both groups are one kind, kept in the core form. */
export const columns: ColumnsByKind = {Event: core.Event!};

import type {EndpointSlice} from '../../api/kinds.generated.ts';
import type {ColumnsByKind} from '../printing.ts';
import {AGE, column, formatList, NAME, UNSET} from '../printing.ts';

export const columns: ColumnsByKind = {
  EndpointSlice: [
    NAME,
    column<EndpointSlice>('AddressType', ({addressType}) => addressType ?? '', 'EndpointSlice.addressType'),
    column<EndpointSlice>(
      'Ports',
      ({ports}) =>
        formatList(
          (ports ?? []).map(({port, name}) => (port === undefined ? (name ?? '*') : String(port))),
          3,
          '',
        ) || UNSET,
      'EndpointSlice.ports',
    ),
    column<EndpointSlice>(
      'Endpoints',
      ({endpoints}) =>
        formatList(
          (endpoints ?? []).flatMap(({addresses}) => addresses ?? []),
          3,
          UNSET,
        ),
      'EndpointSlice.endpoints',
    ),
    AGE,
  ],
};

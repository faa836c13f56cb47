import {ApiError, notAcceptable} from '../api/status.ts';
import type {ApiRequest} from './request.ts';

export type MediaType = 'application/json' | 'application/yaml' | 'application/vnd.kubernetes.protobuf' | 'application/cbor';

/** How the client wants its answer (k8s.io/apiserver/pkg/endpoints/handlers/negotiation). */
export interface Accepted {
  readonly mediaType: MediaType;
  /** Another form of the object: Table, PartialObjectMetadata(List), APIGroupDiscoveryList; '' as it is. */
  readonly as: string;
  /** Version asked for with `as`. */
  readonly asVersion: string;
  readonly asGroup: string;
  readonly profile: string;
  readonly pretty: boolean;
  /** Of tables: how much of each object goes along; default Metadata. */
  readonly includeObject?: 'None' | 'Metadata' | 'Object';
}

const PROTOBUF = 'application/vnd.kubernetes.protobuf';
const TYPES: readonly MediaType[] = ['application/json', 'application/yaml', PROTOBUF];
const STREAMS = ['application/json;stream=watch', `${PROTOBUF};stream=watch`];

const onlyAccepted = (types: readonly string[]): ApiError =>
  notAcceptable(`only the following media types are accepted: ${types.join(', ')}`);

/** What a watch in a form that cannot be streamed is told. */
export const notStreamable = (): ApiError => onlyAccepted(STREAMS);

// curl, wget and browsers get indented answers without asking.
const PRETTY_AGENTS = /^(curl|Wget|Mozilla\/5\.0)/;

export interface NegotiationRules {
  /** Custom resources have no protobuf form, though their metadata has. */
  readonly custom?: boolean;
  /** A watch, which cannot be sent as YAML: where nothing else is accepted, that is told once the watch could begin. */
  readonly stream?: boolean;
  /** Which `as` forms this endpoint knows (by `g/v/kind`-less name). */
  readonly forms: readonly string[];
  /** What the endpoint also says it produces: such requests are refused a step later, in other words. */
  readonly produces?: readonly string[];
}

export const JSON_ACCEPTED: Accepted = {mediaType: 'application/json', as: '', asVersion: '', asGroup: '', profile: '', pretty: false};

interface Clause {
  type: string;
  parameters: {[name: string]: string};
  quality: number;
}

/** Chooses among the clauses of Accept, in the client's order of preference; throws 406. */
export function negotiate(
  accept: string | undefined,
  userAgent: string,
  prettyParameter: string | null,
  rules: NegotiationRules,
): Accepted {
  const pretty = isPretty(userAgent, prettyParameter);
  if (accept === undefined || accept === '' || accept === 'application/json') return pretty ? {...JSON_ACCEPTED, pretty} : JSON_ACCEPTED;
  const clauses = parseAccept(accept);
  let matchedType = false;
  let unsendable: Accepted | undefined;
  for (const {type, parameters} of clauses) {
    const mediaType = type === '*/*' ? 'application/json' : TYPES.find(candidate => candidate === type);
    if (mediaType !== undefined || rules.produces?.includes(type)) matchedType = true;
    if (mediaType === undefined) continue;
    const as = parameters.as ?? '';
    if (as === '' ? rules.custom && mediaType === PROTOBUF : !acceptsForm(as, parameters, mediaType, rules)) continue;
    const chosen = {mediaType, as, asVersion: parameters.v ?? '', asGroup: parameters.g ?? '', profile: parameters.profile ?? '', pretty};
    if (!rules.stream || mediaType !== 'application/yaml') return chosen;
    unsendable ??= chosen;
  }
  if (unsendable) return unsendable;
  // Paths of custom resources know no lookup before the handler's own.
  if (matchedType || rules.custom) throw onlyAccepted(TYPES);
  // The text of the serializer lookup, which knows no Status reason for its details.
  throw new ApiError(
    406,
    'NotAcceptable',
    `406: Not Acceptable\n\nAvailable representations: ${[...TYPES, ...(rules.stream ? STREAMS : [])].join(', ')}`,
    {},
  );
}

/**
 * How an error is sent: in the first media type that is known and asks for no other form of it; where there is none, as indented JSON
 * (k8s.io/apiserver/pkg/endpoints/handlers/responsewriters, WriteRawJSON).
 */
export function negotiateError({headers, query}: Pick<ApiRequest, 'headers' | 'query'>): Accepted {
  const accept = String(headers.accept ?? '');
  const userAgent = String(headers['user-agent'] ?? '');
  try {
    return negotiate(accept, userAgent, query.get('pretty'), {forms: []});
  } catch {
    return {...JSON_ACCEPTED, pretty: true};
  }
}

/** `pretty` as strconv.ParseBool reads it; without a value, people's own clients get it. */
function isPretty(userAgent: string, parameter: string | null): boolean {
  return parameter ? /^(1|t|T|TRUE|true|True)$/.test(parameter) : PRETTY_AGENTS.test(userAgent);
}

function acceptsForm(as: string, parameters: {[name: string]: string}, mediaType: MediaType, rules: NegotiationRules): boolean {
  if (!rules.forms.includes(as)) return false;
  if (as === 'Table' && mediaType === PROTOBUF) return false;
  if (as === 'APIGroupDiscoveryList') return parameters.g === 'apidiscovery.k8s.io' && parameters.v === 'v2';
  return parameters.g === 'meta.k8s.io' && (parameters.v === 'v1' || parameters.v === 'v1beta1');
}

function parseAccept(accept: string): Clause[] {
  const clauses = accept.split(',').map((text): Clause => {
    const [type = '', ...rest] = text.split(';').map(part => part.trim());
    const parameters: {[name: string]: string} = Object.create(null);
    for (const part of rest) {
      const [name = '', value = ''] = part.split('=', 2);
      parameters[name.trim().toLowerCase()] = value.trim().replace(/^"(.*)"$/, '$1');
    }
    const quality = parameters.q === undefined ? 1 : Number(parameters.q);
    return {type, parameters, quality: Number.isFinite(quality) ? quality : 0};
  });
  // Stable: equal qualities keep the client's order.
  return clauses.sort((a, b) => b.quality - a.quality);
}

import {Counter, Gauge, Histogram, Registry} from 'prom-client';
import type {JsonObject} from '../api/json.ts';
import type {ApiResponse, RequestContext, WatchStream} from '../request/request.ts';

/** The series that dashboards and alerts of API servers read (k8s.io/apiserver/pkg/endpoints/metrics), in Prometheus' text form. */
export interface Metrics {
  /** A request of this method begins; the returned function is called with its answer and gives back what to send. `seconds` are wall time. */
  begin(method: string): (context: RequestContext, response: ApiResponse, seconds: number) => ApiResponse;
  text(): Promise<string>;
}

export interface MetricsOptions {
  /** /version: what kubernetes_build_info tells. */
  readonly version: JsonObject;
  /** Bytes of what is stored; asked when the metrics are read, as is what follows. */
  storageSize(): number;
  /** How many objects there are, by resource. */
  objects(): Iterable<{group: string; resource: string; count: number}>;
}

const REQUEST = ['component', 'dry_run', 'group', 'resource', 'scope', 'subresource', 'verb', 'version'] as const;
const LASTING = REQUEST.filter(label => label !== 'dry_run');
const WATCHED = ['group', 'resource', 'version'] as const;
const OBJECTIVES = [0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1, 1.25, 1.5, 2, 3, 4, 5, 6, 8, 10, 15, 20, 30, 45, 60];
const SECONDS = [0.005, 0.025, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1, 1.25, 1.5, 2, 3, 4, 5, 6, 8, 10, 15, 20, 30, 45, 60];

/** Metrics of one server. */
export function createMetrics(options: MetricsOptions): Metrics {
  const registry = new Registry();
  const registers = [registry];
  const total = new Counter({
    name: 'apiserver_request_total',
    help: 'Requests by verb, dry run, group, version, resource, scope, component and status code.',
    labelNames: [...REQUEST, 'code'],
    registers,
  });
  const duration = new Histogram({
    name: 'apiserver_request_duration_seconds',
    help: 'Seconds until requests had their answer.',
    labelNames: REQUEST,
    buckets: SECONDS,
    registers,
  });
  const objective = new Histogram({
    name: 'apiserver_request_sli_duration_seconds',
    help: 'Seconds until requests had their answer, as objectives of service count them.',
    labelNames: LASTING,
    buckets: OBJECTIVES,
    registers,
  });
  const lasting = new Gauge({
    name: 'apiserver_longrunning_requests',
    help: 'Watches that are open.',
    labelNames: LASTING,
    registers,
  });
  const events = new Counter({name: 'apiserver_watch_events_total', help: 'Events sent to watches.', labelNames: WATCHED, registers});
  const watched = (stream: WatchStream, {dry_run: _, ...labels}: RequestLabels): WatchStream => {
    const {group, resource, version} = labels;
    lasting.inc(labels);
    return counted(stream, {
      sent: count => events.inc({group, resource, version}, count),
      closed: () => lasting.dec(labels),
    });
  };
  const dispatched = new Counter({
    name: 'apiserver_flowcontrol_dispatched_requests_total',
    help: 'Requests that priority and fairness let through.',
    labelNames: ['flow_schema', 'priority_level'],
    registers,
  });
  const deprecated = new Gauge({
    name: 'apiserver_requested_deprecated_apis',
    help: 'Deprecated APIs that somebody has asked for.',
    labelNames: ['group', 'removed_release', 'resource', 'subresource', 'version'],
    registers,
  });
  const inFlight = {mutating: 0, readOnly: 0};
  new Gauge({
    name: 'apiserver_current_inflight_requests',
    help: 'Requests under way.',
    labelNames: ['request_kind'],
    registers,
    collect() {
      for (const [kind, count] of Object.entries(inFlight)) this.set({request_kind: kind}, count);
    },
  });
  describeStorage(registers, options);
  describeProcess(registers, options);
  return {
    begin(method) {
      const kind = method === 'GET' || method === 'HEAD' ? 'readOnly' : 'mutating';
      inFlight[kind]++;
      return (context, response, seconds) => {
        inFlight[kind]--;
        const labels = requestLabels(context);
        total.inc({...labels, code: response.status});
        // A watch lasts as long as its client likes: that is no latency.
        if (labels.verb !== 'WATCH') {
          const {dry_run: _, ...objectives} = labels;
          duration.observe(labels, seconds);
          objective.observe(objectives, seconds);
        }
        if (context.flow) dispatched.inc({flow_schema: context.flow.flowSchema, priority_level: context.flow.priorityLevel});
        const {group, version, resource, subresource} = labels;
        if (context.deprecated) deprecated.set({group, version, resource, subresource, removed_release: ''}, 1);
        const {body} = response;
        return body.type === 'watch' ? {...response, body: {...body, stream: watched(body.stream, labels)}} : response;
      };
    },
    text: () => registry.metrics(),
  };
}

/** The stream, telling what is read of it and when it is closed. */
function counted(stream: WatchStream, {sent, closed}: {sent(count: number): void; closed(): void}): WatchStream {
  let open = true;
  return {
    read(limit) {
      const frames = stream.read(limit);
      if (frames.length > 0) sent(frames.length);
      return frames;
    },
    get ended() {
      return stream.ended;
    },
    onReady: wake => stream.onReady(wake),
    close() {
      stream.close();
      if (open) closed();
      open = false;
    },
  };
}

const VERBS: {readonly [verb: string]: string} = {create: 'POST', update: 'PUT'};
const CONNECT = new Set(['attach', 'exec', 'log', 'portforward', 'proxy']);
// Paths that are no resources, as far as there is a series for each.
const PATHS = /^\/(healthz|livez|readyz|metrics|version|api|apis|openapi)(?=\/|$)/;

type RequestLabels = {[name in (typeof REQUEST)[number]]: string};

function requestLabels({info, request}: RequestContext): RequestLabels {
  const {isResource, verb, group, version, resource, subresource, name, namespace} = info;
  const labels = {component: 'apiserver', dry_run: request.query.has('dryRun') ? 'All' : '', group, version, resource};
  if (!isResource) return {...labels, subresource: PATHS.exec(info.path)?.[0] ?? '', scope: '', verb: request.method};
  const applied = verb === 'patch' && String(request.headers['content-type'] ?? '').startsWith('application/apply-patch');
  const shown = CONNECT.has(subresource) ? 'CONNECT' : applied ? 'APPLY' : (VERBS[verb] ?? verb.toUpperCase());
  const scope = name !== '' || verb === 'create' ? 'resource' : namespace === '' ? 'cluster' : 'namespace';
  return {...labels, subresource, scope, verb: shown};
}

function describeStorage(registers: Registry[], {objects, storageSize}: MetricsOptions): void {
  new Gauge({
    name: 'apiserver_storage_size_bytes',
    help: 'Size of the database file.',
    labelNames: ['storage_cluster_id'],
    registers,
    collect() {
      this.set({storage_cluster_id: 'lmdb-0'}, storageSize());
    },
  });
  new Gauge({
    name: 'apiserver_storage_objects',
    help: 'Stored objects by kind.',
    labelNames: ['resource'],
    registers,
    collect() {
      this.reset();
      for (const {group, resource, count} of objects()) this.set({resource: group === '' ? resource : `${resource}.${group}`}, count);
    },
  });
  new Gauge({
    name: 'apiserver_resource_objects',
    help: 'Stored objects by group and resource.',
    labelNames: ['group', 'resource'],
    registers,
    collect() {
      this.reset();
      for (const {group, resource, count} of objects()) this.set({group, resource}, count);
    },
  });
}

function describeProcess(registers: Registry[], {version}: MetricsOptions): void {
  const {major, minor, gitVersion, gitCommit, gitTreeState, buildDate, goVersion, compiler, platform} = version as {[key: string]: string};
  const build = {
    major,
    minor,
    git_version: gitVersion,
    git_commit: gitCommit,
    git_tree_state: gitTreeState,
    build_date: buildDate,
    go_version: goVersion,
    compiler,
    platform,
  } as {[label: string]: string};
  new Gauge({name: 'kubernetes_build_info', help: 'What this server is.', labelNames: Object.keys(build), registers}).set(build, 1);
  new Counter({
    name: 'process_cpu_seconds_total',
    help: 'User and system time of the process.',
    registers,
    collect() {
      const {user, system} = process.cpuUsage();
      this.reset();
      this.inc((user + system) / 1e6);
    },
  });
  new Gauge({
    name: 'process_resident_memory_bytes',
    help: 'Resident memory of the process.',
    registers,
    collect() {
      this.set(process.memoryUsage.rss());
    },
  });
  new Gauge({name: 'process_start_time_seconds', help: 'When the process began.', registers}).set(
    Math.floor(performance.timeOrigin / 1000),
  );
}

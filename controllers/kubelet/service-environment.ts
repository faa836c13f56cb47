import type {Service} from '../../server/api/kinds.generated.ts';

/**
 * The variables by which containers find the services of their namespace, and the API server's everywhere
 * (pkg/kubelet/envvars FromServices).
 */
export function serviceEnvironment(services: readonly Service[]): [name: string, value: string][] {
  const variables: [string, string][] = [];
  for (const {metadata, spec} of services) {
    const {clusterIP, ports = []} = spec ?? {};
    const first = ports[0];
    if (!clusterIP || clusterIP === 'None' || !first) continue;
    const prefix = variableName(metadata.name!);
    variables.push([`${prefix}_SERVICE_HOST`, clusterIP], [`${prefix}_SERVICE_PORT`, String(first.port)]);
    for (const {name, port} of ports) if (name) variables.push([`${prefix}_SERVICE_PORT_${variableName(name)}`, String(port)]);
    for (const [index, {port, protocol = 'TCP'}] of ports.entries()) {
      const own = `${prefix}_PORT_${port}_${protocol}`;
      const url = `${protocol.toLowerCase()}://${clusterIP.includes(':') ? `[${clusterIP}]` : clusterIP}:${port}`;
      if (index === 0) variables.push([`${prefix}_PORT`, url]);
      variables.push([own, url], [`${own}_PROTO`, protocol.toLowerCase()], [`${own}_PORT`, String(port)], [`${own}_ADDR`, clusterIP]);
    }
  }
  return variables;
}

const variableName = (name: string): string => name.toUpperCase().replaceAll('-', '_');

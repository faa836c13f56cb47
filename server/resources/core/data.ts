/** What a ConfigMap or Secret may hold in all. */
export const MAX_DATA_BYTES = 1024 * 1024;

/** How many bytes a canonical base64 text stands for. */
export const bytesOfBase64 = (text: string): number => (text.length / 4) * 3 - (text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0);

/** A key without a value has an empty one. */
export function fillEmptyBytes(data: {[key: string]: string} | undefined): void {
  for (const key of Object.keys(data ?? {})) if (data![key] === null) data![key] = '';
}

import type {Json} from '../server/api/json.ts';

/** A key or an index, or `[path=value]`: the element of a list in which `path` has this value. */
type Segment = string | {path: string; value: string};

/** The value at a path: `a.b.0`, `a["x.y"].c`, `items[metadata.name=x].spec`; `\` takes the next character as it is. */
export function valueAt(value: Json | undefined, path: string): Json | undefined {
  let current = value;
  for (const segment of parsePath(path)) {
    if (current === null || typeof current !== 'object') return undefined;
    if (typeof segment === 'string') current = (current as {[key: string]: Json | undefined})[segment];
    else current = Array.isArray(current) ? current.find(item => String(valueAt(item, segment.path)) === segment.value) : undefined;
  }
  return current;
}

const TOKEN = /\[(?:"([^"]*)"|'([^']*)'|([^\]=]+)=([^\]]*)|([^\]]*))\]|((?:\\.|[^.[\\])+)/gs;

function parsePath(path: string): Segment[] {
  return [...path.matchAll(TOKEN)].map(([, double, single, by, value, index, plain]): Segment => {
    if (by !== undefined) return {path: by, value: value!};
    return double ?? single ?? index ?? plain!.replace(/\\(.)/gs, '$1');
  });
}

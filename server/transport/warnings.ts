// k8s.io/apiserver/pkg/endpoints/filters/warning.go: beyond so many characters together, each warning is cut to so many.
const TOTAL = 4096;
const EACH = 256;

/** The Warning headers of these texts, as many as there is room for. */
export function warningHeaders(texts: readonly string[]): string[] {
  let written = 0;
  const tooMuch = texts.findIndex(text => {
    written += [...text].length;
    return written > TOTAL;
  });
  if (tooMuch < 0) return texts.map(formatWarning);
  written = 0;
  const headers: string[] = [];
  for (const [index, text] of texts.entries()) {
    // The warning that was too much had those before it cut, however many they are; only what follows counts.
    if (index > tooMuch && written >= TOTAL) break;
    const cut = [...text].slice(0, EACH);
    written += cut.length;
    headers.push(formatWarning(cut.join('')));
  }
  return headers;
}

/** `299 - "text"`: control characters cannot stand in a header (k8s.io/apimachinery/pkg/util/net NewWarningHeader). */
function formatWarning(text: string): string {
  const clean = [...text].map(character => (character < ' ' || character === '\x7f' ? ' ' : character)).join('');
  return Buffer.from(`299 - "${clean.replace(/[\\"]/g, '\\$&')}"`).toString('latin1');
}

const ATOM = "[A-Za-z0-9!#$%&'*+/=?^_`{|}~\\x80-\\u{10ffff}-]+";
const DOT_ATOM = `${ATOM}(?:\\.${ATOM})*`;
const QUOTED = '"(?:[^"\\\\\\r\\n]|\\\\[\\x20-\\x7e\\x80-\\u{10ffff}])*"';
const DOMAIN_LITERAL = '\\[[0-9a-fA-F:.]+\\]';
const ADDRESS = `(?:${DOT_ATOM}|${QUOTED})@(?:${DOT_ATOM}|${DOMAIN_LITERAL})`;
const WORD = `(?:${ATOM}(?:\\.${ATOM})*\\.?|${QUOTED})`;
const MAILBOX = new RegExp(`^\\s*(?:${ADDRESS}|(?:${WORD}(?:\\s+${WORD})*)?\\s*<${ADDRESS}>)\\s*$`, 'u');

/** One mail address of RFC 5322, with or without a name before it (Go's net/mail.ParseAddress, but for comments and encoded words). */
export const isMailAddress = (text: string): boolean => MAILBOX.test(text);

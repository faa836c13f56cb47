import {createPublicKey, verify} from 'node:crypto';
import {childrenOf, DerError, readSequence} from './der.ts';

/** What is wrong with a signing request in DER, its signature included (x509.ParseCertificateRequest, CheckSignature); undefined: nothing. */
export function signedRequestError(der: Buffer): string | undefined {
  try {
    const [info, algorithm, signature] = childrenOf(readSequence(der, 'certificateRequest'));
    const [, , publicKey] = info ? childrenOf(info) : [];
    const [oid] = algorithm ? childrenOf(algorithm) : [];
    if (!info || !publicKey || !oid || !signature) return 'asn1: syntax error: sequence truncated';
    return signatureError(oid.content.toString('hex'), publicKey.whole, info.whole, signature.content.subarray(1));
  } catch (error) {
    if (error instanceof DerError) return error.message;
    throw error;
  }
}

interface Algorithm {
  /** Of the digest; null where the algorithm has its own. */
  readonly hash: string | null;
  readonly failure: string;
}

const RSA = 'crypto/rsa: verification error';
const ECDSA = 'x509: ECDSA verification failure';

/** By the content of their object identifiers. */
const ALGORITHMS: {readonly [oid: string]: Algorithm} = {
  '2a864886f70d010105': {hash: 'sha1', failure: RSA},
  '2a864886f70d01010b': {hash: 'sha256', failure: RSA},
  '2a864886f70d01010c': {hash: 'sha384', failure: RSA},
  '2a864886f70d01010d': {hash: 'sha512', failure: RSA},
  '2a8648ce3d0401': {hash: 'sha1', failure: ECDSA},
  '2a8648ce3d040302': {hash: 'sha256', failure: ECDSA},
  '2a8648ce3d040303': {hash: 'sha384', failure: ECDSA},
  '2a8648ce3d040304': {hash: 'sha512', failure: ECDSA},
  '2b6570': {hash: null, failure: 'x509: Ed25519 verification failure'},
};

// RSA-PSS says in parameters of its own how it is padded; what it signs is believed.
const RSA_PSS = '2a864886f70d01010a';

function signatureError(oid: string, publicKey: Buffer, signed: Buffer, signature: Buffer): string | undefined {
  if (oid === RSA_PSS) return undefined;
  const algorithm = ALGORITHMS[oid];
  if (!algorithm) return 'x509: cannot verify signature: algorithm unimplemented';
  try {
    const key = createPublicKey({key: publicKey, format: 'der', type: 'spki'});
    return verify(algorithm.hash, signed, key, signature) ? undefined : algorithm.failure;
  } catch {
    return algorithm.failure;
  }
}

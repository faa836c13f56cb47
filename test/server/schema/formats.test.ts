import assert from 'node:assert/strict';
import {formatCheck} from '../../../server/schema/formats.ts';

describe('formats of strings', () => {
  // As k8s.io/kube-openapi/pkg/validation/strfmt answered.
  const formats: {[format: string]: {good: string[]; bad: string[]}} = {
    cidr: {good: ['10.0.0.1/8', '010.0.0.0/8', 'fe80::1/64'], bad: ['10.0.0.1', '10.0.0.0/33', '']},
    creditcard: {good: ['4111111111111111', '4111 1111 1111 1111'], bad: ['4111111111111112', '1111111111111117']},
    'date-time': {
      good: ['2024-01-02T03:04:05Z', '2024-01-02t03:04:05z', '2024-01-02T03:04:05.123+02:00'],
      bad: ['2024-01-02T03:04:05', '2024-01-02 03:04:05Z', '2024-02-30T00:00:00Z', '2024-01-02T24:00:00Z', '2024-01-02T03:04:05+0200'],
    },
    duration: {good: ['1h', '-1s', '1.5h', '0', '1 day', '3 weeks', 'P1D', '22 nanos'], bad: ['', '1', 'h', '1 fortnight']},
    email: {good: ['a@b.c', '<a@b.c>', 'Ann <a@b.c>', '"x y"@b'], bad: ['a', 'a@', '@b', 'a@b.', 'a b@c']},
    hostname: {good: ['a', 'a-b', '1', 'x.example.com', 'wörld'], bad: ['', '-a', 'a.b', '10.0.0.1', 'a_b', 'a--b-']},
    ipv4: {good: ['10.0.0.1', '010.0.0.1', '::ffff:1.2.3.4'], bad: ['::1', '10.0.0', '10.0.0.256']},
    mac: {
      good: ['01:23:45:67:89:ab', '01-23-45-67-89-ab', '0123.4567.89ab', '01:23:45:67:89:ab:cd:ef'],
      bad: ['01:23:45:67:89', '01:23-45:67:89:ab', '0123.4567'],
    },
    rgbcolor: {good: ['rgb(1,2,3)', 'rgb( 255 , 0 , 9 )'], bad: ['rgb(300,2,3)', 'RGB(1,2,3)', 'rgb(01,2,3)']},
    ssn: {good: ['078-05-1120', '078 05 1120'], bad: ['078051120', '078-051120']},
    uri: {good: ['http://a.b/c?d', 'urn:x:y', '/rel'], bad: ['', 'a', 'http://a b', '%zz']},
    'u-u-i-d': {good: ['123e4567-e89b-12d3-a456-426614174000', '123E4567E89B12D3A456426614174000'], bad: ['123e4567']},
  };
  for (const [format, {good, bad}] of Object.entries(formats)) {
    for (const text of good) it(`take ${JSON.stringify(text)} as ${format}`, () => assert.equal(formatCheck(format)?.(text), true));
    for (const text of bad) it(`refuse ${JSON.stringify(text)} as ${format}`, () => assert.equal(formatCheck(format)?.(text), false));
  }

  it('do not know every name', () => assert.equal(formatCheck('constructor'), undefined));
});

import assert from 'node:assert/strict';
import {compileTemplate} from '../../../../controllers/kubelet/stages/template.ts';
import {TemplateError} from '../../../../controllers/kubelet/stages/template-expression.ts';
import type {Json} from '../../../../server/api/json.ts';

const POD: Json = {metadata: {name: 'p'}, spec: {hostNetwork: false, containers: [{name: 'a', image: 'x:1'}, {name: 'b'}]}};
const functions = {Now: () => '2030-01-01T00:00:00Z', Join: (...values: Json[]) => values.join('+')};
const render = (text: string) => compileTemplate(text)(POD, functions);

const CASES: [string, Json][] = [
  ['name: {{ .metadata.name }}', 'name: p'],
  ['{{ .metadata.name | Quote }}', '"p"'],
  ['{{ $now := Now }}at {{ $now | Quote }}', 'at "2030-01-01T00:00:00Z"'],
  ['x {{ range .spec.containers }}[{{ .name }}]{{ end }}', 'x [a][b]'],
  ['x {{ range $i, $c := .spec.containers }}{{ $i }}{{ $c.name }} {{ end }}', 'x 0a 1b '],
  ['x {{ range .spec.missing }}{{ . }}{{ else }}none{{ end }}', 'x none'],
  ['x {{ if eq .metadata.name "p" }}yes{{ else }}no{{ end }}', 'x yes'],
  ['x {{ if .spec.hostNetwork }}a{{ else if .metadata.name }}b{{ else }}c{{ end }}', 'x b'],
  ['x {{ with .metadata }}{{ .name }}{{ $.metadata.name }}{{ end }}', 'x pp'],
  ['x {{ with .missing }}{{ . }}{{ else }}none{{ end }}', 'x none'],
  ['x {{ or .spec.missing "fallback" }} {{ and true .metadata.name }} {{ not .spec.missing }}', 'x fallback p true'],
  ['a  {{- /* a comment */ -}}  b', 'ab'],
  ['{{ Join 1 (Join "a" "b") .metadata.name }}', '1+a+b+p'],
  ['{{ (index .spec.containers 0).name }}', 'a'],
  ['{{ len .spec.containers }} ', 2],
  ['{{ dict "a" 1 }}', {a: 1}],
  ['x {{ $x := 1 }}{{ if true }}{{ $x = 2 }}{{ end }}{{ $x }}', 'x 2'],
  ['x {{ .metadata.missing }} {{ printf "%s-%d" "a" 7 }}', 'x <no value> a-7'],
];

describe('templates of Stages', () => {
  for (const [text, want] of CASES) it(text, () => assert.deepEqual(render(text), want));

  it('give the bare value of a single action', () => assert.deepEqual(render(' {{ .spec.hostNetwork }}\n'), false));

  for (const text of ['{{ if true }}', '{{ end }}', '{{ define "x" }}{{ end }}', '{{ .a', '{{ 1 2 }}', '{{ Unknown }}', '{{ $x }}'])
    it(`refuses ${text}`, () => assert.throws(() => render(text), TemplateError));
});

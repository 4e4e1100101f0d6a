{{/*
As initsync/injection/volumes.py and the volumes of initsync/injection/container.py. CEL has no YAML parser: the Secrets'
names are read where the annotation has them plainly (docs/injection-without-a-webhook.md says how). Where it has not,
every Secret volume is made optional, as the injector does for an annotation that it cannot read; also where
the pod may start without its secrets, which the injector leaves alone: the annotation may be valid all the same,
and then the kubelet would wait for ever for what jasm-init is to make (D41). In mode wait nothing of the pod makes
it: there the kubelet may wait.
*/}}
{{- define "jasm.policy.volumes" -}}
- name: volumes
  expression: object.spec.?volumes.orValue([])
- name: text
  expression: variables.annotations['jasm.codnod.io/secret-sync']
# The word, each time that it is read: in a line of comment, or as a field with its name. In no other line that
# begins with # can it be a field: that would take the end of a text in quotes, and a bracket or comma behind it.
# 101 are more than the entries of any list (50), and too many to read.
- name: fields
  expression: |-
    variables.text.findAll(
      r'''(?m)^[ \t]*#[^"'\n]*(?:["'][^,{\[\n]*)?secretName|(?:^[ \t]*(?:-[ \t]+)*|[{,][ \t]*)["']?secretName["']?[ \t]*:[ \t]*["']?[-.a-z0-9]+["']?[ \t\r]*(?:$|[,}]|[ \t]#)''', 101)
# Every name that the annotation asks for, and what is written as a field but is none, as in a text in quotes.
# None where one might be missing: the word is there once more than it was read, or there may be another way to
# write it: a directive for the parser, or an escape for a letter or line break. Nor a line break that YAML knows
# and RE2 does not, or the mark before a directive.
- name: secretNames
  expression: |-
    variables.fields.size() > 100
    || variables.text.split('secretName').size() - 1 != variables.fields.size()
    || variables.text.matches('(?m)^%|\\\\([xU\r\n]|u[^0]|u0[^0]|u00[4-7])|\r[^\n]|[\u0085\u2028\u2029\ufeff]') ? []
    : variables.fields.filter(f, !f.matches('^[ \t]*#')).map(f, f.find(':.*').find('[-.a-z0-9]+'))
# Whether it may ask for more than one: then each wish of jasm-wait says of which it is.
- name: several
  expression: variables.secretNames.exists(n, n != variables.secretNames[0])
# Whether each Secret of the pod may be one that jasm-init is to make.
- name: doubtful
  expression: variables.secretNames.size() == 0 && !variables.isWait
# For each volume the JSON pointers, below /spec/volumes, of its sources that take from the Secret.
- name: pointers
  expression: |-
    variables.volumes.transformList(i, v,
      has(v.secret)
      ? (variables.doubtful || v.secret.?secretName.orValue('') in variables.secretNames
         ? [string(i) + '/secret'] : [])
      : v.?projected.?sources.orValue([]).transformList(n, s,
          has(s.secret) && (variables.doubtful || s.secret.?name.orValue('') in variables.secretNames),
          string(i) + '/projected/sources/' + string(n) + '/secret'))
# The same as one list; and of each: where, in which volume, of which Secret, its items, and whether it is optional.
- name: shown
  expression: |-
    variables.pointers.filter(p, p.size() > 0).map(p, p.join(',')).join(',').split(',').filter(p, p != '')
    .map(p, p.split('/')).map(p, {
      'at': dyn(p.join('/')),
      'volume': dyn(variables.volumes[int(p[0])].name),
      'source': dyn(p.size() == 2 ? variables.volumes[int(p[0])].secret
        : variables.volumes[int(p[0])].projected.sources[int(p[3])].secret),
      'secret': dyn(p.size() == 2 ? variables.volumes[int(p[0])].secret.?secretName.orValue('')
        : variables.volumes[int(p[0])].projected.sources[int(p[3])].secret.?name.orValue(''))})
    .map(s, {
      'at': s.at,
      'volume': s.volume,
      'secret': s.secret,
      'items': dyn(s.source.?items.orValue([])),
      'optional': dyn(s.source.?optional.orValue(false))})
- name: waited
  expression: "!variables.isWait && variables.shown.size() > 0 && variables.secretNames.size() > 0"
- name: waiting
  expression: variables.waited || variables.isWait
# In mode wait jasm-wait sees each Secret as a whole.
- name: ownSecrets
  expression: |-
    !variables.isWait ? []
    : variables.secretNames.transformList(i, n, variables.secretNames.indexOf(n) == i, n)
# Ours get names that are free: jasm-token, else jasm-token-1 and so on. What a container mounts is not: it
# would get what is ours.
- name: ourNames
  expression: |-
    (variables.volumes.map(v, v.name)
      + variables.containers.map(c, c.?volumeMounts.orValue([]).map(m, m.name).join('/')).join('/').split('/'))
    .filter(n, n.startsWith('jasm-'))
{{- range list "podinfo" "token" "handover" }}
- name: {{ . }}
  expression: |-
    (['jasm-{{ . }}'] + variables.ourNames.transformList(i, n, 'jasm-{{ . }}-' + string(i + 1)))
    .filter(n, !(n in variables.ourNames))[0]
{{- end }}
- name: ownVolumes
  expression: |-
    (variables.ownSecrets + variables.ourNames).transformList(i, n, 'jasm-wait-' + string(i))
    .filter(n, !(n in variables.ourNames))
- name: handed
  expression: variables.waited || variables.isSidecar
{{- end -}}

{{/* Ours, as a list. */}}
{{- define "jasm.policy.newVolumes" -}}
[
  Object.spec.volumes{name: variables.podinfo, downwardAPI: Object.spec.volumes.downwardAPI{
    items: [
      {{- range list "secret-sync" "on-failure" "max-stale" "max-age" "mode" "refresh-interval" "on-change" "change-window" }}
      ['{{ . }}', "metadata.annotations['jasm.codnod.io/{{ . }}']"],
      {{- end }}
      ['name', 'metadata.name'],
      ['namespace', 'metadata.namespace'],
      ['uid', 'metadata.uid']
    ].map(f, Object.spec.volumes.downwardAPI.items{
      path: f[0], fieldRef: Object.spec.volumes.downwardAPI.items.fieldRef{fieldPath: f[1]}})}}
] + (variables.isWait ? [] : [
  Object.spec.volumes{name: variables.token, projected: Object.spec.volumes.projected{sources: [
    Object.spec.volumes.projected.sources{
      serviceAccountToken: Object.spec.volumes.projected.sources.serviceAccountToken{
        path: 'token', expirationSeconds: {{ int64 .Values.injection.tokenSeconds }}}},
    Object.spec.volumes.projected.sources{
      configMap: Object.spec.volumes.projected.sources.configMap{
        name: 'kube-root-ca.crt',
        items: [Object.spec.volumes.projected.sources.configMap.items{key: 'ca.crt', path: 'ca.crt'}]}},
    Object.spec.volumes.projected.sources{
      downwardAPI: Object.spec.volumes.projected.sources.downwardAPI{
        items: [Object.spec.volumes.projected.sources.downwardAPI.items{
          path: 'namespace',
          fieldRef: Object.spec.volumes.projected.sources.downwardAPI.items.fieldRef{
            fieldPath: 'metadata.namespace'}}]}}
    {{- with .Values.injection.caBundle }}
    {{- if .configMap }},
    Object.spec.volumes.projected.sources{
      configMap: Object.spec.volumes.projected.sources.configMap{
        name: {{ toJson .configMap }},
        items: [Object.spec.volumes.projected.sources.configMap.items{key: {{ toJson .key }}, path: 'platform-ca.crt'}]}}
    {{- end }}
    {{- end }}
    {{- range $file, $audience := .Values.injection.tokens }},
    Object.spec.volumes.projected.sources{
      serviceAccountToken: Object.spec.volumes.projected.sources.serviceAccountToken{
        path: {{ toJson $file }}, audience: {{ toJson $audience }},
        expirationSeconds: {{ int64 $.Values.injection.tokenSeconds }}}}
    {{- end }}
    {{- with .Values.injection.credentials }}
    {{- if .configMap }},
    Object.spec.volumes.projected.sources{
      configMap: Object.spec.volumes.projected.sources.configMap{
        name: {{ toJson .configMap }},
        items: [Object.spec.volumes.projected.sources.configMap.items{
          key: {{ toJson .key }}, path: 'cloud-credentials.json'}]}}
    {{- end }}
    {{- end }}]}}
]) + (!variables.handed ? [] : [
  Object.spec.volumes{name: variables.handover, emptyDir: Object.spec.volumes.emptyDir{
    medium: 'Memory', sizeLimit: '1Mi'}}])
+ variables.ownSecrets.transformList(i, n, Object.spec.volumes{
  name: variables.ownVolumes[i], secret: Object.spec.volumes.secret{secretName: n, optional: true}})
{{- end -}}

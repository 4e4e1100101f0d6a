{{/*
As initsync/injection/volumes.py and the volumes of initsync/injection/container.py. CEL has no YAML parser: the Secret's name
is read where the annotation has it plainly (docs/injection-without-a-webhook.md says how). Where it has not,
every Secret volume is made optional, as the injector does for an annotation that it cannot read; also where
the pod may start without its secret, which the injector leaves alone: the annotation may be valid all the same,
and then the kubelet would wait for ever for what jasm-init is to make.
*/}}
{{- define "jasm.policy.volumes" -}}
- name: volumes
  expression: object.spec.?volumes.orValue([])
- name: text
  expression: variables.annotations['jasm.codnod.io/secret-sync']
# Empty where it is not plain: the word is there once (lines of comment do not count), nothing but
# brackets, quotes and the name is around it, and there is no other way to write it: no directive for the
# parser and no escape. Nor a line break that YAML knows and RE2 does not, or the mark before a directive.
- name: secretName
  expression: |-
    variables.text.matches('(?m)^%|\\\\|\r[^\n]|[\u0085\u2028\u2029\ufeff]')
    || variables.text.split('secretName').size() - 2 != variables.text.findAll('(?m)^[ \t]*#.*secretName').size() ? ''
    : variables.text.find(r'''(?m)^([^#\n]*[{,])?[ \t]*["']?secretName["']?[ \t]*:[ \t]*["']?[-.a-z0-9]+["']?[ \t\r]*($|[,}]|[ \t]#)''')
      .find('secretName.*').find(':.*').find('[-.a-z0-9]+')
# For each volume the JSON pointers, below /spec/volumes, of its sources that take from the Secret.
- name: pointers
  expression: |-
    variables.volumes.transformList(i, v,
      has(v.secret)
      ? (variables.secretName == '' || v.secret.?secretName.orValue('') == variables.secretName
         ? [string(i) + '/secret'] : [])
      : v.?projected.?sources.orValue([]).transformList(n, s,
          has(s.secret) && (variables.secretName == '' || s.secret.?name.orValue('') == variables.secretName),
          string(i) + '/projected/sources/' + string(n) + '/secret'))
# The same as one list; and of each: where, in which volume, its items, and whether it is optional.
- name: shown
  expression: |-
    variables.pointers.filter(p, p.size() > 0).map(p, p.join(',')).join(',').split(',').filter(p, p != '')
    .map(p, p.split('/')).map(p, {
      'at': dyn(p.join('/')),
      'volume': dyn(variables.volumes[int(p[0])].name),
      'source': dyn(p.size() == 2 ? variables.volumes[int(p[0])].secret
        : variables.volumes[int(p[0])].projected.sources[int(p[3])].secret)})
    .map(s, {
      'at': s.at,
      'volume': s.volume,
      'items': dyn(s.source.?items.orValue([])),
      'optional': dyn(s.source.?optional.orValue(false))})
- name: waited
  expression: variables.secretName != '' && variables.shown.size() > 0
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
- name: handed
  expression: variables.waited || variables.isSidecar
{{- end -}}

{{/* Ours, as a list. */}}
{{- define "jasm.policy.newVolumes" -}}
[
  Object.spec.volumes{name: variables.podinfo, downwardAPI: Object.spec.volumes.downwardAPI{
    items: [
      {{- range list "secret-sync" "on-failure" "max-stale" "max-age" "mode" "refresh-interval" }}
      ['{{ . }}', "metadata.annotations['jasm.codnod.io/{{ . }}']"],
      {{- end }}
      ['name', 'metadata.name'],
      ['namespace', 'metadata.namespace'],
      ['uid', 'metadata.uid']
    ].map(f, Object.spec.volumes.downwardAPI.items{
      path: f[0], fieldRef: Object.spec.volumes.downwardAPI.items.fieldRef{fieldPath: f[1]}})}},
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
    {{- end }}]}}
] + (!variables.handed ? [] : [
  Object.spec.volumes{name: variables.handover, emptyDir: Object.spec.volumes.emptyDir{
    medium: 'Memory', sizeLimit: '1Mi'}}])
{{- end -}}

{{/* As initsync/injection/sidecar.py. */}}
{{- define "jasm.policy.sidecar" -}}
- name: isSidecar
  expression: variables.annotations[?'jasm.codnod.io/mode'].orValue('') == 'sidecar'
# It gets jasm-wait alone.
- name: isWait
  expression: variables.annotations[?'jasm.codnod.io/mode'].orValue('') == 'wait'
- name: askedPort
  expression: |-
    !variables.isSidecar ? 0
    : variables.annotations[?'jasm.codnod.io/metrics-port'].orValue('').matches('^[0-9]{1,5}$')
    ? int(variables.annotations['jasm.codnod.io/metrics-port']) : 0
- name: onChange
  expression: "variables.isSidecar ? variables.annotations[?'jasm.codnod.io/on-change'].orValue('') : ''"
# Whether it evicts its pod, in whose place a controller makes another; or tells the app of a new value.
- name: evicts
  expression: |-
    variables.onChange == 'evict' && object.metadata.?ownerReferences.orValue([]).exists(o, o.?controller.orValue(false))
- name: tells
  expression: variables.onChange.startsWith('signal:') || variables.onChange.startsWith('http:')
# None or one: the port of the metrics, where no container has it.
- name: metricsPorts
  expression: |-
    [variables.askedPort].filter(port, port > 0 && port < 65536
      && !variables.containers.exists(c,
        c.?ports.orValue([]).exists(p, p.?containerPort.orValue(0) == port)))
{{- end -}}

{{/* As initsync/injection/container.py. */}}
{{- define "jasm.policy.container" -}}
{{- $own := .Values.injection -}}
- name: never
  expression: object.spec.?restartPolicy.orValue('') == 'Never'
- name: askedUser
  expression: |-
    variables.annotations[?'jasm.codnod.io/run-as-user'].orValue('').matches('^[0-9]{1,10}$')
    ? int(variables.annotations['jasm.codnod.io/run-as-user']) : 0
- name: userWanted
  expression: variables.askedUser > 0 && variables.askedUser < 2147483648
- name: userLeftOut
  expression: >-
    {{ if kindIs "invalid" $own.runAsUser }}true{{ else }}variables.annotations[?'jasm.codnod.io/run-as-user'].orValue('') == 'none'{{ end }}
# As a pod's own is root, a container without one would be root, and never be started.
- name: userIsRoot
  expression: object.spec.?securityContext.?runAsUser.orValue(1) == 0
# Each name once, at its first place with its last value: the pod's identities count before the
# platform's choice, and that before ours.
- name: variablesGiven
  expression: |-
    [
      {{- if hasKey $own.env "JASM_NODE_NAME" }}{'name': 'JASM_NODE_NAME', 'value': ''}{{ end -}}
    ]
    {{- if not $own.containerRestartPolicy }}
    + (variables.never && !variables.isSidecar ? [{'name': 'JASM_RESTART_POLICY', 'value': 'Never'}] : [])
    {{- end }}
    + (variables.isSidecar ? [{'name': 'JASM_MODE', 'value': 'sidecar'}] : [])
    + variables.metricsPorts.map(port, {'name': 'JASM_METRICS_PORT', 'value': string(port)})
    + (variables.evicts ? [{'name': 'JASM_CONTROLLED', 'value': 'true'}] : [])
    + (variables.waited || variables.isSidecar ? [{'name': 'JASM_HANDOVER_DIR', 'value': '/var/run/jasm/handover'}] : [])
    {{- if $own.caBundle.configMap }}
    + [{'name': 'SSL_CERT_FILE', 'value': '/var/run/secrets/kubernetes.io/serviceaccount/platform-ca.crt'}]
    {{- end }}
    {{- with include "jasm.injection.secretLabels" . }}
    + [{'name': 'JASM_SECRET_LABELS', 'value': {{ toJson . }}}]
    {{- end }}
    + [
      {{- range $name, $value := $own.env }}
      {'name': {{ toJson $name }}, 'value': {{ toJson $value }}},
      {{- end }}
    ]
    + variables.awsEnv + variables.azureEnv
- name: namesGiven
  expression: variables.variablesGiven.map(e, e.name)
{{- end -}}

{{/* The init container. */}}
{{- define "jasm.policy.jasmInit" -}}
{{- $own := .Values.injection -}}
Object.spec.initContainers{
  name: 'jasm-init',
  command: ['jasm-init'],
  {{- include "jasm.policy.described" . | nindent 2 }}
  env: [
    {{- if not (hasKey $own.env "JASM_NODE_NAME") }}
    Object.spec.initContainers.env{name: 'JASM_NODE_NAME', valueFrom: Object.spec.initContainers.env.valueFrom{
      fieldRef: Object.spec.initContainers.env.valueFrom.fieldRef{fieldPath: 'spec.nodeName'}}}
    {{- end }}
  ] + variables.variablesGiven.transformList(i, e, variables.namesGiven.indexOf(e.name) == i,
    Object.spec.initContainers.env{
      name: e.name,
      value: variables.variablesGiven[variables.namesGiven.lastIndexOf(e.name)].value})
  + (!variables.waited || !variables.tells ? [] : {{ include "jasm.policy.watchedEnv" . | nindent 4 | trim }}),
  volumeMounts: [
    dyn(Object.spec.initContainers.volumeMounts{
      name: variables.podinfo, mountPath: '/var/run/jasm/podinfo', readOnly: true}),
    dyn(Object.spec.initContainers.volumeMounts{
      name: variables.token, mountPath: '/var/run/secrets/kubernetes.io/serviceaccount', readOnly: true})
  ] + (!variables.handed ? [] : [dyn(Object.spec.initContainers.volumeMounts{
    name: variables.handover, mountPath: '/var/run/jasm/handover'})])
  + (variables.awsKind + variables.azureKind).map(k, dyn(Object.spec.initContainers.volumeMounts{
    name: k.volume, mountPath: k.path, readOnly: true}))
  + (!variables.waited || !variables.tells ? [] : {{ include "jasm.policy.watchedMounts" . | nindent 4 | trim }}
    .map(m, dyn(m))),
  ?resources: variables.isSidecar
    ? optional.ofNonZeroValue({{ include "jasm.policy.resourcesOf" "sidecar" | indent 4 | trim }})
    : optional.ofNonZeroValue({{ include "jasm.policy.resourcesOf" "copied" | indent 4 | trim }}),
  ?restartPolicy: variables.isSidecar ? optional.of('Always')
    : {{ if $own.containerRestartPolicy }}variables.never ? optional.of('OnFailure') : {{ end }}optional.none(),
  ?startupProbe: !variables.isSidecar ? optional.none() : optional.of(
    Object.spec.initContainers.startupProbe{
      exec: Object.spec.initContainers.startupProbe.exec{
        command: ['test', '-e', '/var/run/jasm/handover/ready']},
      periodSeconds: 1,
      timeoutSeconds: 5,
      failureThreshold: {{ include "jasm.policy.probeThreshold" . }}}),
  ?ports: optional.ofNonZeroValue(variables.metricsPorts.map(port,
    Object.spec.initContainers.ports{name: 'jasm-metrics', containerPort: port}))}
{{- end -}}

{{/* What jasm-init and jasm-wait have in common. */}}
{{- define "jasm.policy.described" -}}
{{- $user := .Values.injection.runAsUser -}}
image: {{ include "jasm.image" (dict "root" . "image" .Values.injection.image) | toJson }},
imagePullPolicy: '{{ .Values.injection.image.pullPolicy }}',
terminationMessagePolicy: 'FallbackToLogsOnError',
securityContext: Object.spec.initContainers.securityContext{
  runAsNonRoot: true,
  ?runAsUser: variables.userWanted ? optional.of(variables.askedUser)
    : !variables.userLeftOut ? optional.of({{ int64 ($user | default 65532) }})
    : variables.userIsRoot ? optional.of(65532) : optional.none(),
  allowPrivilegeEscalation: false,
  readOnlyRootFilesystem: true,
  capabilities: Object.spec.initContainers.securityContext.capabilities{drop: ['ALL']}
  {{- if ne .Values.injection.seccompProfile "none" }}
  , ?seccompProfile: variables.annotations[?'jasm.codnod.io/seccomp-profile'].orValue('') == 'none' ? optional.none()
    : optional.of(Object.spec.initContainers.securityContext.seccompProfile{type: '{{ .Values.injection.seccompProfile }}'})
  {{- end }}},
{{- end -}}

{{/* Of a sidecar's startup probe: the seconds of JASM_TIMEOUT, and one minute for the kubelet. */}}
{{- define "jasm.policy.probeThreshold" -}}
{{- $text := .Values.injection.env.JASM_TIMEOUT | default "60" -}}
{{- $seconds := float64 $text -}}
{{- add (le $seconds 86400.0 | ternary (ceil $seconds) 60.0 | int64) 60 -}}
{{- end -}}

{{/* As initsync/injection/waiter.py, watched(): which keys a container is to find in which volumes. */}}
{{- define "jasm.policy.watchedEnv" -}}
(variables.shown.transformList(i, s, Object.spec.initContainers.env{
  name: 'JASM_WAIT_' + string(i), value: '/var/run/jasm/wait/' + s.volume})
+ variables.shown.transformList(i, s, Object.spec.initContainers.env{
  name: 'JASM_WAIT_' + string(i) + '_OF',
  value: '{"items": '
    + (s.items.size() == 0 ? 'null'
      : '[' + s.items.map(item, '[' + strings.quote(item.key) + ', ' + strings.quote(item.path) + ']').join(', ') + ']')
    + ', "optional": ' + string(s.optional)
    + (variables.several ? ', "secret": "' + s.secret + '"' : '') + '}'}))
{{- end -}}

{{/* And the volumes, so that it sees them. */}}
{{- define "jasm.policy.watchedMounts" -}}
variables.volumes.transformList(i, v, variables.pointers[i].size() > 0,
  Object.spec.initContainers.volumeMounts{
    name: v.name, mountPath: '/var/run/jasm/wait/' + v.name, readOnly: true})
{{- end -}}

{{/* As initsync/injection/waiter.py: the second init container, or in mode wait the only one. */}}
{{- define "jasm.policy.jasmWait" -}}
Object.spec.initContainers{
  name: 'jasm-wait',
  command: ['jasm-wait'],
  {{- include "jasm.policy.described" . | nindent 2 }}
  env: (variables.isWait
    ? [{'name': 'JASM_MODE', 'value': 'wait'}]
    {{- if not .Values.injection.containerRestartPolicy }} + (variables.never ? [{'name': 'JASM_RESTART_POLICY', 'value': 'Never'}] : []){{ end }}
    : [{'name': 'JASM_HANDOVER_DIR', 'value': '/var/run/jasm/handover'}])
  .map(e, Object.spec.initContainers.env{name: e.name, value: e.value})
  + {{ include "jasm.policy.watchedEnv" . | nindent 2 | trim }}{{ with .Values.injection.env.JASM_TIMEOUT }}
  + [Object.spec.initContainers.env{name: 'JASM_TIMEOUT', value: {{ toJson . }}}]{{ end }},
  volumeMounts: (variables.isWait
    ? [{'name': variables.podinfo, 'at': '/var/run/secrets/kubernetes.io/serviceaccount'},
       {'name': variables.podinfo, 'at': '/var/run/jasm/podinfo'}]
      + variables.ownSecrets.transformList(i, n, {'name': variables.ownVolumes[i], 'at': '/var/run/jasm/secrets/' + n})
    : [{'name': variables.handover, 'at': '/var/run/secrets/kubernetes.io/serviceaccount'},
       {'name': variables.handover, 'at': '/var/run/jasm/handover'}])
  .map(m, Object.spec.initContainers.volumeMounts{name: m.name, mountPath: m.at, readOnly: true})
  + {{ include "jasm.policy.watchedMounts" . | nindent 2 | trim }},
  {{- if .Values.injection.containerRestartPolicy }}
  ?restartPolicy: variables.isWait && variables.never ? optional.of('OnFailure') : optional.none(),
  {{- end }}
  ?resources: optional.ofNonZeroValue({{ include "jasm.policy.resourcesOf" "copied" | indent 4 | trim }})}
{{- end -}}

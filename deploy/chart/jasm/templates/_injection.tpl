{{/*
Who injects, and which pods: the same for the webhook and the policy. Values of `webhook` hold for both.
*/}}

{{/* `webhook` or `policy`: what injection.mode says, or the webhook where the cluster is known not to serve the
     policy. Where no cluster is known, as by `helm template`, nothing takes its place: nobody would read of it. */}}
{{- define "jasm.injection.by" -}}
{{- $mode := .Values.injection.mode -}}
{{- if and (eq $mode "policy") (not (include "jasm.policy.served" .)) -}}
{{- $mode = "webhook" -}}
{{- if or (eq (toString .Values.injection.policy.fallback) "false") (not (.Capabilities.APIVersions.Has "v1/Secret")) -}}
{{- include "jasm.policy.apiVersion" . -}}
{{- end -}}
{{- end -}}
{{- $mode -}}
{{- end -}}

{{/*
From one to the other no pod may be lost: API servers look for policies once a second, and an injector takes
longer to start. So what injected until now stays in the upgrade that brings what comes in its place, and goes
with the next one: then both are found. Only Helm at a cluster finds anything; others have besideWebhook.
*/}}
{{- define "jasm.injector.stays" -}}
{{- if and .Release.IsUpgrade (eq (include "jasm.injection.by" .) "policy") -}}
{{- if and (include "jasm.injector.found" .) (not (include "jasm.policy.found" .)) }}true{{ end -}}
{{- end -}}
{{- end -}}

{{- define "jasm.policy.stays" -}}
{{- if and .Release.IsUpgrade (eq (include "jasm.injection.by" .) "webhook") (include "jasm.policy.served" .) -}}
{{- if and (include "jasm.policy.found" .) (not (include "jasm.injector.found" .)) }}true{{ end -}}
{{- end -}}
{{- end -}}

{{- define "jasm.injector.found" -}}
{{- if lookup "admissionregistration.k8s.io/v1" "MutatingWebhookConfiguration" "" (include "jasm.registration.name" .) }}true{{ end -}}
{{- end -}}

{{- define "jasm.policy.found" -}}
{{- if lookup (include "jasm.policy.apiVersion" .) "MutatingAdmissionPolicy" "" (include "jasm.policy.name" .) }}true{{ end -}}
{{- end -}}

{{/* injection.secretLabels as jasm-init reads them; Helm goes through them in order. */}}
{{- define "jasm.injection.secretLabels" -}}
{{- $pairs := list -}}
{{- range $name, $value := .Values.injection.secretLabels }}{{ $pairs = append $pairs (printf "%s=%s" $name $value) }}{{ end -}}
{{- join "," $pairs -}}
{{- end -}}

{{- define "jasm.injection.rules" -}}
- operations: [CREATE]
  apiGroups: [""]
  apiVersions: [v1]
  resources: [pods]
  scope: Namespaced
{{- end -}}

{{- define "jasm.injection.selectors" -}}
{{- $own := .Values.webhook -}}
namespaceSelector:
  {{- with $own.namespaceSelector.matchLabels }}
  matchLabels:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  matchExpressions:
    - key: kubernetes.io/metadata.name
      operator: NotIn
      values: {{ append $own.excludedNamespaces .Release.Namespace | uniq | toJson }}
    - key: jasm.codnod.io/injection
      operator: NotIn
      values: [disabled]
    {{- with $own.namespaceSelector.matchExpressions }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
objectSelector:
  {{- with $own.objectSelector.matchLabels }}
  matchLabels:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  matchExpressions:
    - key: jasm.codnod.io/inject
      operator: NotIn
      values: ["false"]
    {{- with $own.objectSelector.matchExpressions }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
{{- end -}}

{{- define "jasm.injection.matchConditions" -}}
- name: asks-for-a-secret
  expression: "object.metadata.?annotations[?'jasm.codnod.io/secret-sync'].hasValue()"
- name: not-opted-out
  expression: "object.metadata.?annotations[?'jasm.codnod.io/inject'].orValue('') != 'false'"
- name: not-injected-yet
  expression: >-
    !object.spec.?initContainers.orValue([]).exists(c, c.name == 'jasm-init'
    || c.name == 'jasm-wait' && object.metadata.annotations[?'jasm.codnod.io/mode'].orValue('') == 'wait')
{{- with .Values.webhook.matchConditions }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{/*
Which pods are injected: the same for the webhook and the policy. Values of `webhook` hold for both.
*/}}

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
  expression: "!object.spec.?initContainers.orValue([]).exists(c, c.name == 'jasm-init')"
{{- with .Values.webhook.matchConditions }}
{{ toYaml . }}
{{- end }}
{{- end -}}

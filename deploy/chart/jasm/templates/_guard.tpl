{{/* The guard's policy and binding. Messages of jasm-init know it by its ending. */}}
{{- define "jasm.guard.name" -}}
{{- include "jasm.fullname" . }}-guard
{{- end -}}

{{/* Not empty where the guard is wanted; with "auto", where the cluster serves its kind. `helm template`
     knows no cluster's kinds, and takes it from the chart's own kubeVersion: all those serve it. */}}
{{- define "jasm.guard.enabled" -}}
{{- $kinds := .Capabilities.APIVersions -}}
{{- $served := or ($kinds.Has "admissionregistration.k8s.io/v1/ValidatingAdmissionPolicy") (not ($kinds.Has "v1/Secret")) -}}
{{- if eq (toString .Values.guard.enabled) "auto" | ternary $served .Values.guard.enabled -}}
true
{{- end -}}
{{- end -}}

{{/* What the managed-by label may say, as a YAML list: what injected containers write, and more. */}}
{{- define "jasm.guard.managedBy" -}}
{{- concat (include "jasm.guard.changing" . | fromYamlArray) (.Values.guard.managedBy | default list) | uniq | toYaml -}}
{{- end -}}

{{/* What injected containers write, and what they take for theirs: from one of these to another a Secret may go. */}}
{{- define "jasm.guard.changing" -}}
{{- $env := .Values.injection.env -}}
{{- $also := $env.JASM_ALSO_MANAGED_BY | default "" | replace "," " " | splitList " " | compact -}}
{{- prepend $also ($env.JASM_MANAGED_BY | default "caronte") | uniq | toYaml -}}
{{- end -}}

{{/* As initsync/words/secrettypes.py. Never kubernetes.io/service-account-token: who may write one may have any
     ServiceAccount's token (F14). */}}
{{- define "jasm.guard.types" -}}
[Opaque, kubernetes.io/tls, kubernetes.io/dockerconfigjson, kubernetes.io/basic-auth, kubernetes.io/ssh-auth]
{{- end -}}

{{/* Labels that a pod may write beside JASM's own: those that it is told to, and those that are allowed. */}}
{{- define "jasm.guard.labels" -}}
{{- concat (keys (.Values.injection.secretLabels | default dict) | sortAlpha) (.Values.guard.allowedLabels | default list) | uniq | toYaml -}}
{{- end -}}

{{/* A list as CEL has it: JSON's strings are CEL's, whatever is in them. */}}
{{- define "jasm.guard.cel" -}}
{{ . | default list | toJson }}
{{- end -}}

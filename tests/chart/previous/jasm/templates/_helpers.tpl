{{/*
Names, labels and images. Every name begins with "jasm", because webhook configurations are called in
the order of their names and ours must come before pod-identity-webhook (design D22).
*/}}

{{- define "jasm.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 40 | trimSuffix "-" -}}
{{- else if hasPrefix "jasm" .Release.Name -}}
{{- .Release.Name | trunc 40 | trimSuffix "-" -}}
{{- else -}}
{{- printf "jasm-%s" .Release.Name | trunc 40 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{/* The injector's Deployment, Service, webhook configuration and ServiceAccount. */}}
{{- define "jasm.injector.name" -}}
{{- include "jasm.fullname" . }}-injector
{{- end -}}

{{/* The Secret with tls.crt and tls.key that the injector serves with. */}}
{{- define "jasm.certificates.secretName" -}}
{{- .Values.certificates.secretName | default (printf "%s-tls" (include "jasm.injector.name" .)) -}}
{{- end -}}

{{/* The name that API servers verify the injector by. */}}
{{- define "jasm.injector.host" -}}
{{- include "jasm.injector.name" . }}.{{ .Release.Namespace }}.svc
{{- end -}}

{{/* Labels that select: never changed, for selectors are immutable.
     include "jasm.selectorLabels" (dict "root" $ "component" "injector") */}}
{{- define "jasm.selectorLabels" -}}
app.kubernetes.io/name: jasm
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .component }}
{{- end -}}

{{/* Labels of every object. include "jasm.labels" (dict "root" $ "component" "injector") */}}
{{- define "jasm.labels" -}}
{{ include "jasm.selectorLabels" . }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version | replace "+" "_" }}
{{- with .root.Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{/* An image's whole name. include "jasm.image" (dict "root" $ "image" .Values.injector.image) */}}
{{- define "jasm.image" -}}
{{- $registry := .image.registry | default .root.Values.imageRegistry -}}
{{- $name := ternary .image.repository (printf "%s/%s" $registry .image.repository) (empty $registry) -}}
{{- if .image.digest -}}
{{- printf "%s@%s" $name .image.digest -}}
{{- else -}}
{{- printf "%s:%s" $name (.image.tag | default .root.Chart.AppVersion) -}}
{{- end -}}
{{- end -}}

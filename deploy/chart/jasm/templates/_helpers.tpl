{{/*
Names, labels and images. Webhook configurations are called in the order of their names, and ours must come
before pod-identity-webhook (D22).
*/}}

{{- define "jasm.fullname" -}}
{{- $name := .Values.fullnameOverride -}}
{{- if not $name -}}
{{- $name = ternary .Release.Name (printf "jasm-%s" .Release.Name) (hasPrefix "jasm" .Release.Name) -}}
{{- end -}}
{{- if ge $name "pod-identity-webhook" -}}
{{- fail (printf "fullnameOverride %q must sort before \"pod-identity-webhook\": AWS's webhook would not see jasm-init" $name) -}}
{{- end -}}
{{- /* With "-certificates", the longest that follows, 52: within the 63 of a Service's and a host's name. */ -}}
{{- $name | trunc 39 | trimSuffix "-" -}}
{{- end -}}

{{/* The injector's Deployment, Service and ServiceAccount. */}}
{{- define "jasm.injector.name" -}}
{{- include "jasm.fullname" . }}-injector
{{- end -}}

{{/* The webhook configuration: API servers call those in the order of their names. */}}
{{- define "jasm.registration.name" -}}
{{- .Values.webhook.name | default (include "jasm.injector.name" .) -}}
{{- end -}}

{{/* The name that API servers verify the injector by. */}}
{{- define "jasm.injector.host" -}}
{{- include "jasm.injector.name" . }}.{{ .Release.Namespace }}.svc
{{- end -}}

{{- define "jasm.injector.serviceAccount" -}}
{{- $own := ternary (include "jasm.injector.name" .) "default" .Values.injector.serviceAccount.create -}}
{{- .Values.injector.serviceAccount.name | default $own -}}
{{- end -}}

{{/* Whether there is an injector. */}}
{{- define "jasm.injector.enabled" -}}
{{- if or (eq (include "jasm.injection.by" .) "webhook") (include "jasm.injector.stays" .) }}true{{ end -}}
{{- end -}}

{{/* The Secret with tls.crt and tls.key that the injector serves with. */}}
{{- define "jasm.certificates.secretName" -}}
{{- .Values.certificates.secretName | default (printf "%s-tls" (include "jasm.injector.name" .)) -}}
{{- end -}}

{{/* metadata of an object without its name: namespace, labels and annotations.
     include "jasm.metadata" (dict "root" $ "component" "injector" "annotations" dict "labels" dict) */}}
{{- define "jasm.metadata" -}}
namespace: {{ .namespace | default .root.Release.Namespace }}
{{ include "jasm.metadata.clusterWide" . }}
{{- end -}}

{{/* The same for what has no namespace. */}}
{{- define "jasm.metadata.clusterWide" -}}
labels:
  {{- include "jasm.labels" . | nindent 2 }}
{{- with merge dict (.annotations | default dict) .root.Values.commonAnnotations }}
annotations:
  {{- toYaml . | nindent 2 }}
{{- end }}
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
{{- with merge dict (.labels | default dict) .root.Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{/* An image's whole name. include "jasm.image" (dict "root" $ "image" .Values.injector.image)
     Fails where it names no registry: container engines then take docker.io, where `jasm` is not JASM. Whoever
     has that name would get the token of every annotated pod. */}}
{{- define "jasm.image" -}}
{{- $registry := include "jasm.image.registry" . -}}
{{- $name := ternary .image.repository (printf "%s/%s" $registry .image.repository) (empty $registry) -}}
{{- if contains "://" $name -}}
{{- fail (printf "%q is no name of an image: a registry is named without https://, such as registry.example.com/platform" $name) -}}
{{- end -}}
{{- /* The grammar's own rule: https://github.com/distribution/reference/blob/main/normalize.go */ -}}
{{- if not (regexMatch "^(localhost|[^/]*[.:][^/]*)/" $name) -}}
{{- fail (printf "the image %s names no registry, and nodes would ask docker.io for it, where JASM has nothing: set imageRegistry to the registry that you pushed to, such as registry.example.com/platform (docs/images.md)" $name) -}}
{{- end -}}
{{- if .image.digest -}}
{{- printf "%s@%s" $name .image.digest -}}
{{- else -}}
{{- printf "%s:%s" $name (.image.tag | default .root.Chart.AppVersion) -}}
{{- end -}}
{{- end -}}

{{/* The image's own, or a parent chart's, or the chart's. */}}
{{- define "jasm.image.registry" -}}
{{- .image.registry | default .root.Values.global.imageRegistry | default .root.Values.imageRegistry -}}
{{- end -}}

{{/* Names of images with jasm/ twice: of a registry that was given with what the chart adds to it. */}}
{{- define "jasm.images.doubled" -}}
{{- $all := list .Values.injection.image -}}
{{- if include "jasm.injector.enabled" . }}{{ $all = append $all .Values.injector.image }}{{ end -}}
{{- $found := list -}}
{{- range $all -}}
{{- $image := dict "root" $ "image" . -}}
{{- if and (hasSuffix "/jasm" (include "jasm.image.registry" $image)) (hasPrefix "jasm/" .repository) -}}
{{- $found = append $found (include "jasm.image" $image) -}}
{{- end -}}
{{- end -}}
{{- join " and " $found -}}
{{- end -}}

{{/* `imagePullSecrets` of a pod of JASM's own, a parent chart's and the chart's, each as its name or as
     Kubernetes has it. */}}
{{- define "jasm.imagePullSecrets" -}}
{{- $names := list -}}
{{- range concat (.Values.global.imagePullSecrets | default list) (.Values.imagePullSecrets | default list) -}}
{{- if kindIs "map" . }}{{ $names = append $names .name }}{{ else }}{{ $names = append $names . }}{{ end -}}
{{- end -}}
{{- with uniq $names -}}
imagePullSecrets:
{{- range . }}
  - name: {{ . }}
{{- end }}
{{- end -}}
{{- end -}}

{{/* Of a pod of JASM's own: by default everything that the Pod Security Standard "restricted" asks for. */}}
{{- define "jasm.podSecurityContext" -}}
{{- $user := dict -}}
{{- with .Values.injector.runAsUser }}{{ $user = dict "runAsUser" (int64 .) }}{{ end -}}
{{- merge dict .Values.injector.podSecurityContext $user | toYaml -}}
{{- end -}}

{{/* Of its containers. */}}
{{- define "jasm.securityContext" -}}
{{- toYaml .Values.injector.securityContext -}}
{{- end -}}

{{/* A rule of egress, for who calls the API server: no selector finds that. */}}
{{- define "jasm.networkPolicy.toApiServers" -}}
{{- with .Values.networkPolicy.to -}}
- to:
    {{- toYaml . | nindent 4 }}
{{- else -}}
- {}
{{- end -}}
{{- end -}}

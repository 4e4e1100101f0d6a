{{/* The policy that injects without a webhook (design D28), and its binding. */}}
{{- define "jasm.policy.name" -}}
{{- include "jasm.fullname" . }}-injection
{{- end -}}

{{/* Not empty where it is wanted. */}}
{{- define "jasm.policy.enabled" -}}
{{- if or (eq .Values.injection.mode "policy") .Values.injection.policy.besideWebhook }}true{{ end -}}
{{- end -}}

{{/* The version of its API; fails where the cluster serves none. `helm template` knows no cluster's kinds,
     and goes by the cluster's version. */}}
{{- define "jasm.policy.apiVersion" -}}
{{- $group := "admissionregistration.k8s.io" -}}
{{- $kinds := .Capabilities.APIVersions -}}
{{- $version := .Values.injection.policy.apiVersion -}}
{{- range list "v1" "v1beta1" -}}
{{- if and (not $version) ($kinds.Has (printf "%s/%s/MutatingAdmissionPolicy" $group .)) -}}
{{- $version = . -}}
{{- end -}}
{{- end -}}
{{- if and (not $version) (not ($kinds.Has "v1/Secret")) (semverCompare ">=1.36.0-0" .Capabilities.KubeVersion.Version) -}}
{{- $version = "v1" -}}
{{- end -}}
{{- if not $version -}}
{{- printf "injection.mode policy needs an API server that serves MutatingAdmissionPolicy: Kubernetes 1.36 or newer, or 1.34 and 1.35 with %s/v1beta1 switched on. This one is %s, and does not. Set injection.mode to webhook; or, if what renders the chart does not know your cluster, say what it serves: injection.policy.apiVersion v1 or v1beta1 (docs/injection-without-a-webhook.md)" $group .Capabilities.KubeVersion.Version | fail -}}
{{- end -}}
{{- printf "%s/%s" $group $version -}}
{{- end -}}

{{/* Fails for settings that only the webhook can follow. */}}
{{- define "jasm.policy.check" -}}
{{- if eq .Values.injection.onInvalid "deny" -}}
{{- fail "injection.onInvalid deny needs the webhook: the policy cannot parse the annotation's YAML. Set injection.onInvalid to warn, or injection.mode to webhook (docs/injection-without-a-webhook.md)." -}}
{{- end -}}
{{- end -}}

{{/* The policy that injects without a webhook (D28), and its binding. */}}
{{- define "jasm.policy.name" -}}
{{- include "jasm.fullname" . }}-injection
{{- end -}}

{{/* Not empty where it is there. */}}
{{- define "jasm.policy.enabled" -}}
{{- if or (eq (include "jasm.injection.by" .) "policy") .Values.injection.policy.besideWebhook (include "jasm.policy.stays" .) }}true{{ end -}}
{{- end -}}

{{/* `v1` or `v1beta1` where the cluster serves the kind. `helm template` knows no cluster's kinds, and goes by
     the cluster's version. */}}
{{- define "jasm.policy.served" -}}
{{- $kinds := .Capabilities.APIVersions -}}
{{- $version := .Values.injection.policy.apiVersion -}}
{{- range list "v1" "v1beta1" -}}
{{- if and (not $version) ($kinds.Has (printf "admissionregistration.k8s.io/%s/MutatingAdmissionPolicy" .)) -}}
{{- $version = . -}}
{{- end -}}
{{- end -}}
{{- if and (not $version) (not ($kinds.Has "v1/Secret")) (semverCompare ">=1.36.0-0" .Capabilities.KubeVersion.Version) -}}
{{- $version = "v1" -}}
{{- end -}}
{{- $version -}}
{{- end -}}

{{/* The version of its API; fails where the cluster serves none. */}}
{{- define "jasm.policy.apiVersion" -}}
{{- $version := include "jasm.policy.served" . -}}
{{- if not $version -}}
{{- printf "injection.mode policy needs an API server that serves MutatingAdmissionPolicy: Kubernetes 1.36 or newer, or 1.34 and 1.35 with admissionregistration.k8s.io/v1beta1 switched on. This one is %s, and does not. Set injection.mode to webhook; or, if what renders the chart does not know your cluster, say what it serves: injection.policy.apiVersion v1 or v1beta1 (docs/injection-without-a-webhook.md)" .Capabilities.KubeVersion.Version | fail -}}
{{- end -}}
{{- printf "admissionregistration.k8s.io/%s" $version -}}
{{- end -}}

{{/* Fails for settings that only the webhook can follow, also where it takes the policy's place for now. */}}
{{- define "jasm.policy.check" -}}
{{- $conditions := .Values.webhook.matchConditions | default list | len -}}
{{- $wanted := or (eq .Values.injection.mode "policy") .Values.injection.policy.besideWebhook -}}
{{- if and (gt $conditions 56) (or $wanted (include "jasm.policy.enabled" .)) -}}
{{- printf "webhook.matchConditions has %d items, and the policy takes at most 56 beside its own 8: join some by &&." $conditions | fail -}}
{{- end -}}
{{- if and $wanted (eq .Values.injection.onInvalid "deny") -}}
{{- fail "injection.onInvalid deny needs the webhook: the policy cannot parse the annotation's YAML. Set injection.onInvalid to warn, or injection.mode to webhook (docs/injection-without-a-webhook.md)." -}}
{{- end -}}
{{- end -}}

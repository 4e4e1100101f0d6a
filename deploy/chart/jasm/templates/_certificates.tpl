{{/* Whether JASM's own job keeps the serving certificate. */}}
{{- define "jasm.certificates.job" -}}
{{- if and (include "jasm.injector.enabled" .) (eq .Values.certificates.mode "job") }}true{{ end -}}
{{- end -}}

{{/* Whether cert-manager does. */}}
{{- define "jasm.certificates.certManager" -}}
{{- if and (include "jasm.injector.enabled" .) (eq .Values.certificates.mode "certManager") }}true{{ end -}}
{{- end -}}

{{/* The job's ServiceAccount, its Roles, and what runs it. */}}
{{- define "jasm.certificates.name" -}}
{{- include "jasm.fullname" . }}-certificates
{{- end -}}

{{/* Annotations of the webhook configuration: who else writes its caBundle. */}}
{{- define "jasm.certificates.annotations" -}}
{{- if include "jasm.certificates.certManager" . -}}
cert-manager.io/inject-ca-from: {{ .Release.Namespace }}/{{ include "jasm.injector.name" . }}
{{- end -}}
{{- end -}}

{{/* The options of `jasm-injector certs` that name objects, as variables: kustomize's `namespace` and `namePrefix`
     change those with the objects (deploy/manifests/references), and no words of an argument. */}}
{{- define "jasm.certificates.names" -}}
- name: JASM_INJECTOR_CERTS_NAMESPACE
  valueFrom: {fieldRef: {fieldPath: metadata.namespace}}
- name: JASM_INJECTOR_CERTS_SECRET
  value: {{ include "jasm.certificates.secretName" . }}
- name: JASM_INJECTOR_CERTS_SERVICE
  value: {{ include "jasm.injector.name" . }}
- name: JASM_INJECTOR_CERTS_WEBHOOK
  value: {{ include "jasm.registration.name" . }}
{{- end -}}

{{/* The caBundle, in base64, where the chart itself writes it. */}}
{{- define "jasm.certificates.caBundle" -}}
{{- if and (eq .Values.certificates.mode "secret") .Values.certificates.caBundle -}}
{{- b64enc .Values.certificates.caBundle -}}
{{- end -}}
{{- end -}}

{{/* Fails where Helm 4 would: by server-side apply, at a caBundle that the certificate job or cert-manager holds.
     It meets the webhook configuration last, and everything before would be as the new values have it: injectors
     with a certificate that API servers do not trust. What Helm was told with the values no template knows. */}}
{{- define "jasm.certificates.check" -}}
{{- $bundle := include "jasm.certificates.caBundle" . -}}
{{- if and $bundle (not .Values.certificates.forceConflicts) -}}
{{- $stored := lookup "admissionregistration.k8s.io/v1" "MutatingWebhookConfiguration" "" (include "jasm.registration.name" .) -}}
{{- $applied := false -}}
{{- $holder := "" -}}
{{- range dig "metadata" "managedFields" list $stored -}}
{{- if and (eq .manager "helm") (eq .operation "Apply") }}{{ $applied = true }}{{ end -}}
{{- if and (ne .manager "helm") (contains "f:caBundle" (toJson .fieldsV1)) }}{{ $holder = .manager }}{{ end -}}
{{- end -}}
{{- $same := true -}}
{{- range dig "webhooks" list $stored -}}
{{- if ne (dig "caBundle" "" .clientConfig) $bundle }}{{ $same = false }}{{ end -}}
{{- end -}}
{{- if and $applied $holder (not $same) -}}
{{- fail (printf "certificates.caBundle: %s holds that field of the webhook configuration now, and Helm 4 would stop there, half-way: run helm with --force-conflicts, and say so by certificates.forceConflicts=true (docs/certificates.md)" $holder) -}}
{{- end -}}
{{- end -}}
{{- end -}}

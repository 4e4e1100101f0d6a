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

{{/* spec of the Job; the CronJob's has a deadline besides. What another object's name would not help against is
     not tried again: exit code 2 (wrong use) and 3 (an object of somebody else's). */}}
{{- define "jasm.certificates.jobSpec" -}}
{{- $own := .Values.certificates.job -}}
backoffLimit: 6
podFailurePolicy:
  rules:
    - action: FailJob
      onExitCodes: {containerName: certificates, operator: In, values: [2, 3]}
template:
  metadata:
    labels:
      {{- include "jasm.selectorLabels" (dict "root" $ "component" "certificates") | nindent 6 }}
      {{- with merge dict $own.podLabels .Values.commonLabels }}
      {{- toYaml . | nindent 6 }}
      {{- end }}
    {{- with merge dict $own.podAnnotations .Values.commonAnnotations }}
    annotations:
      {{- toYaml . | nindent 6 }}
    {{- end }}
  spec:
    serviceAccountName: {{ include "jasm.certificates.name" . }}
    restartPolicy: Never
    {{- with include "jasm.imagePullSecrets" . }}
    {{- . | nindent 4 }}
    {{- end }}
    {{- with .Values.injector.tolerations }}
    tolerations:
      {{- toYaml . | nindent 6 }}
    {{- end }}
    {{- with .Values.injector.nodeSelector }}
    nodeSelector:
      {{- toYaml . | nindent 6 }}
    {{- end }}
    securityContext:
      {{- include "jasm.podSecurityContext" . | nindent 6 }}
    containers:
      - name: certificates
        image: {{ include "jasm.image" (dict "root" $ "image" .Values.injector.image) }}
        imagePullPolicy: {{ .Values.injector.image.pullPolicy }}
        command: ["jasm-injector", "certs"]
        args:
          - --secret={{ include "jasm.certificates.secretName" . }}
          - --namespace={{ .Release.Namespace }}
          - --service={{ include "jasm.injector.name" . }}
          - --webhook={{ include "jasm.injector.name" . }}
          - --days={{ int64 $own.days }}
          - --trust-seconds={{ int64 $own.trustSeconds }}
          - --reload-seconds={{ int64 $own.reloadSeconds }}
          - --timeout={{ int64 $own.timeoutSeconds }}
          - --output=json
        terminationMessagePolicy: FallbackToLogsOnError
        resources:
          {{- toYaml $own.resources | nindent 10 }}
        securityContext:
          {{- include "jasm.securityContext" . | nindent 10 }}
{{- end -}}

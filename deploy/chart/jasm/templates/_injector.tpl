{{/* The command line of the injector, an item a line. */}}
{{- define "jasm.injector.args" -}}
{{- $own := .Values.injection -}}
- --image={{ include "jasm.image" (dict "root" $ "image" $own.image) }}
- --pull-policy={{ $own.image.pullPolicy }}
- --run-as-user={{ if kindIs "invalid" $own.runAsUser }}-1{{ else }}{{ int64 $own.runAsUser }}{{ end }}
- --seccomp-profile={{ $own.seccompProfile }}
- --cpu={{ $own.cpu }}
- --memory={{ $own.memory }}
- --max-cpu={{ $own.max.cpu }}
- --max-memory={{ $own.max.memory }}
- --sidecar-cpu={{ $own.sidecar.cpu }}
- --sidecar-memory={{ $own.sidecar.memory }}
- --token-seconds={{ int64 $own.tokenSeconds }}
- --on-invalid={{ $own.onInvalid }}
{{- with $own.caBundle }}
{{- if .configMap }}
- --ca-configmap={{ .configMap }}
- --ca-key={{ .key }}
{{- end }}
{{- end }}
{{- range $file, $audience := $own.tokens }}
- {{ printf "--token=%s=%s" $file $audience | quote }}
{{- end }}
{{- with $own.credentials }}
{{- if .configMap }}
- --credentials-configmap={{ .configMap }}
- --credentials-key={{ .key }}
{{- end }}
{{- end }}
{{- range $own.imagePullSecrets }}
- --image-pull-secret={{ . }}
{{- end }}
{{- if $own.containerRestartPolicy }}
- --container-restart-policy
{{- end }}
{{- /* Where there is none: no container has an empty name, and without the option it has its own. */}}
{{- range $own.meshProxies | default (list "") }}
- --mesh-proxy={{ . }}
{{- end }}
{{- range $name, $value := $own.secretLabels }}
- --secret-label={{ $name }}={{ $value }}
{{- end }}
{{- range $name, $value := $own.env }}
{{- /* $$( is a $( that the kubelet leaves alone here: it is for the injected container. */}}
- {{ printf "--env=%s=%s" $name $value | replace "$(" "$$(" | quote }}
{{- end }}
- --log-format={{ .Values.injector.log.format }}
- --log-level={{ .Values.injector.log.level }}
- --certs=/etc/jasm/certs
- --port={{ int64 .Values.injector.port }}
{{- range .Values.injector.extraArgs }}
- {{ quote . }}
{{- end }}
{{- end -}}

{{/* Where the pods go: over nodes and zones, unless the values have it otherwise. */}}
{{- define "jasm.injector.spread" -}}
{{- $selector := dict "matchLabels" (include "jasm.selectorLabels" (dict "root" $ "component" "injector") | fromYaml) -}}
{{- $constraints := .Values.injector.topologySpreadConstraints -}}
{{- if kindIs "invalid" $constraints -}}
{{- $constraints = list -}}
{{- range list "kubernetes.io/hostname" "topology.kubernetes.io/zone" -}}
{{- $constraints = append $constraints (dict "maxSkew" 1 "topologyKey" . "whenUnsatisfiable" "ScheduleAnyway" "matchLabelKeys" (list "pod-template-hash")) -}}
{{- end -}}
{{- end -}}
{{- range $constraints }}
- {{ toYaml (merge dict . (dict "labelSelector" $selector)) | nindent 2 | trim }}
{{- end }}
{{- end -}}

{{/* Fails for values of which each is right, and that do not go together. */}}
{{- define "jasm.injector.check" -}}
{{- $own := .Values.injector -}}
{{- if le (int64 $own.terminationGracePeriodSeconds) (int64 $own.preStopSeconds) -}}
{{- fail (printf "injector.terminationGracePeriodSeconds (%d) must be more than injector.preStopSeconds (%d): a pod would be killed before it ends" (int64 $own.terminationGracePeriodSeconds) (int64 $own.preStopSeconds)) -}}
{{- end -}}
{{- if and $own.autoscaling.enabled (gt (int64 $own.autoscaling.minReplicas) (int64 $own.autoscaling.maxReplicas)) -}}
{{- fail (printf "injector.autoscaling.minReplicas (%d) must not be more than maxReplicas (%d)" (int64 $own.autoscaling.minReplicas) (int64 $own.autoscaling.maxReplicas)) -}}
{{- end -}}
{{- $budget := $own.podDisruptionBudget -}}
{{- if and $budget.enabled (kindIs "invalid" $budget.maxUnavailable) (kindIs "invalid" $budget.minAvailable) -}}
{{- fail "injector.podDisruptionBudget has neither maxUnavailable nor minAvailable: set one, or enabled to false" -}}
{{- end -}}
{{- end -}}

{{/* As few pods as there may be. */}}
{{- define "jasm.injector.leastReplicas" -}}
{{- $own := .Values.injector -}}
{{- ternary $own.autoscaling.minReplicas $own.replicas $own.autoscaling.enabled | int64 -}}
{{- end -}}

{{/* Not empty where the disruption budget lets none of these be evicted. */}}
{{- define "jasm.injector.undrainable" -}}
{{- $budget := .Values.injector.podDisruptionBudget -}}
{{- if not $budget.enabled -}}
{{- else if kindIs "invalid" $budget.minAvailable -}}
{{- if has (toString $budget.maxUnavailable) (list "0" "0%") }}true{{ end -}}
{{- else if kindIs "string" $budget.minAvailable -}}
{{- if ge (trimSuffix "%" $budget.minAvailable | int) 100 }}true{{ end -}}
{{- else if ge (int $budget.minAvailable) (int (include "jasm.injector.leastReplicas" .)) }}true{{ end -}}
{{- end -}}

{{/* Where an alert is explained: its heading in docs/alerts.md. include "jasm.runbook" (dict "root" $ "alert" NAME) */}}
{{- define "jasm.runbook" -}}
{{- .root.Values.monitoring.prometheusRule.runbookUrl | default "docs/alerts.md" }}#{{ lower .alert }}
{{- end -}}

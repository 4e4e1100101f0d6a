{{/* The command line of the injector, an item a line. */}}
{{- define "jasm.injector.args" -}}
{{- $own := .Values.injection -}}
- --image={{ include "jasm.image" (dict "root" $ "image" $own.image) }}
- --pull-policy={{ $own.image.pullPolicy }}
- --run-as-user={{ if kindIs "invalid" $own.runAsUser }}-1{{ else }}{{ int64 $own.runAsUser }}{{ end }}
- --cpu={{ $own.cpu }}
- --memory={{ $own.memory }}
- --sidecar-cpu={{ $own.sidecar.cpu }}
- --sidecar-memory={{ $own.sidecar.memory }}
- --token-seconds={{ int64 $own.tokenSeconds }}
- --on-invalid={{ $own.onInvalid }}
{{- if $own.containerRestartPolicy }}
- --container-restart-policy
{{- end }}
{{- range $own.meshProxies }}
- --mesh-proxy={{ . }}
{{- end }}
{{- range $name, $value := $own.env }}
{{- /* $$( is a $( that the kubelet leaves alone here: it is for the injected container. */}}
- {{ printf "--env=%s=%s" $name $value | replace "$(" "$$(" | quote }}
{{- end }}
- --certs=/etc/jasm/certs
- --port={{ .Values.injector.port }}
- --workers={{ .Values.injector.workers }}
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

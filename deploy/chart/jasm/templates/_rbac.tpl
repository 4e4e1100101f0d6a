{{/*
Who gets the Role of a sync, as JSON: {"grants": [{"namespace", "account", "secretNames", "evict"}, ...]}, where
an empty account is every ServiceAccount of the namespace. A Role for each, so that what one team
gives up another keeps. Namespaces that are listed by name are not looked up.
*/}}
{{- define "jasm.rbac.grants" -}}
{{- $own := .Values.rbac -}}
{{- $items := $own.namespaces -}}
{{- $named := list -}}
{{- range $items }}{{ $named = append $named .namespace }}{{ end -}}
{{- with $own.namespaceSelector.matchLabels -}}
{{- $wanted := . -}}
{{- range (lookup "v1" "Namespace" "" "").items -}}
{{- $labels := .metadata.labels | default dict -}}
{{- $fits := not (or (has .metadata.name $named) .metadata.deletionTimestamp) -}}
{{- range $key, $value := $wanted }}{{ if ne (get $labels $key) $value }}{{ $fits = false }}{{ end }}{{ end -}}
{{- if $fits -}}
{{- $items = append $items (merge (dict "namespace" .metadata.name) (omit $own.namespaceSelector "matchLabels")) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- $grants := list -}}
{{- $seen := list -}}
{{- range $item := $items -}}
{{- range $account := $item.serviceAccounts | default (list "") -}}
{{- $key := printf "%s/%s" $item.namespace ($account | default "*") -}}
{{- if has $key $seen -}}
{{- fail (printf "rbac.namespaces has %s twice: put its secretNames into one item" $key) -}}
{{- end -}}
{{- $seen = append $seen $key -}}
{{- $grants = append $grants (dict "namespace" $item.namespace "account" $account "secretNames" ($item.secretNames | default list) "evict" ($item.evict | default false)) -}}
{{- end -}}
{{- end -}}
{{- dict "grants" $grants | toJson -}}
{{- end -}}

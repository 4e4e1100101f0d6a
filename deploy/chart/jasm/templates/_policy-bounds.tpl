{{/*
As initsync/injection/bounds.py, each counted only where those before it hold. Where a pod has more, the
expression fails, and the key that is not there says why: by failurePolicy such a pod is refused. False would
leave it alone, and its app would start without its secret.
*/}}
{{- define "jasm.policy.bounds" -}}
{{- $annotations := "object.metadata.?annotations.orValue({})" -}}
{{- $volumes := "object.spec.?volumes.orValue([])" -}}
{{- $containers := "(object.spec.containers + object.spec.?initContainers.orValue([]))" -}}
- name: not-too-large
  expression: |-
    {'': true}[
      {{- range list
        (list 5000 "annotations" (printf "%s.size()" $annotations))
        (list 262144 "characters in annotations" (printf "%s.map(a, a.size() + object.metadata.annotations[a].size()).sum()" $annotations))
        (list 1000 "containers, init containers included" "object.spec.containers.size() + object.spec.?initContainers.orValue([]).size()")
        (list 2000 "volumes" (printf "%s.size()" $volumes))
        (list 2000 "sources in projected volumes" (printf "%s.map(v, v.?projected.?sources.orValue([]).size()).sum()" $volumes))
        (list 10000 "items of Secrets in volumes" (printf "%s.map(v, v.?secret.?items.orValue([]).size() + v.?projected.?sources.orValue([]).map(s, s.?secret.?items.orValue([]).size()).sum()).sum()" $volumes))
        (list 10000 "imagePullSecrets, tolerations, hostAliases and finalizers" "object.spec.?imagePullSecrets.orValue([]).size() + object.spec.?tolerations.orValue([]).size() + object.spec.?hostAliases.orValue([]).size() + object.metadata.?finalizers.orValue([]).size()")
        (list 5000 "variables of containers" (printf "%s.map(c, c.?env.orValue([]).size()).sum()" $containers))
        (list 40000 "arguments, ports, mounts and envFrom of containers" (printf "%s.map(c, c.?command.orValue([]).size() + c.?args.orValue([]).size() + c.?ports.orValue([]).size() + c.?volumeMounts.orValue([]).size() + c.?envFrom.orValue([]).size()).sum()" $containers))
        (list 131072 "characters in items of Secrets in volumes" (printf "%s.map(v, v.?secret.?items.orValue([]).map(i, i.key.size() + i.path.size()).sum() + v.?projected.?sources.orValue([]).map(s, s.?secret.?items.orValue([]).map(i, i.key.size() + i.path.size()).sum()).sum()).sum()" $volumes))
        (list 63 "characters in the name of a volume" (printf "([0] + %s.map(v, v.name.size())).max()" $volumes))
      }}
      {{ index . 2 }} > {{ index . 0 }} ? string({{ index . 2 }}) + ' {{ index . 1 }}, and {{ index . 0 }} are the most' :
      {{- end }}
      '']
{{- end -}}

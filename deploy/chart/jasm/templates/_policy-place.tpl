{{/* As initsync/injection/place.py: the index of ours among the init containers. */}}
{{- define "jasm.policy.place" -}}
- name: initNames
  expression: variables.initContainers.map(c, c.name)
- name: askedPlace
  expression: variables.annotations[?'jasm.codnod.io/place'].orValue('')
- name: afterMeshProxies
  expression: |-
    variables.initContainers.transformList(i, c,
      c.?restartPolicy.orValue('') == 'Always' && c.name in {{ .Values.injection.meshProxies | default list | toJson }},
      i + 1)
- name: place
  expression: |-
    variables.askedPlace == 'last' ? variables.initNames.size()
    : variables.askedPlace in variables.initNames ? variables.initNames.indexOf(variables.askedPlace) + 1
    : variables.askedPlace == 'first' ? 0
    : variables.afterMeshProxies[?0].orValue(0)
{{- end -}}

{{/*
As initsync/injection/nodesystem.py: whether the pod may run elsewhere than on Windows. Of required node affinity a node must
meet one term, and an empty one is met by none. A loop of n turns takes CEL's cost tracker n² steps, and all
conditions are evaluated, whichever fails: so what no pod is made with is not looked at.
*/}}
{{- define "jasm.policy.notWindows" -}}
{{- $terms := "object.spec.?affinity.?nodeAffinity.?requiredDuringSchedulingIgnoredDuringExecution.?nodeSelectorTerms.orValue([])" -}}
{{- $labels := "['kubernetes.io/os', 'beta.kubernetes.io/os']" -}}
object.spec.?os.?name.orValue('') != 'windows'
&& !{{ $labels }}.exists(l, object.spec.?nodeSelector[?l].orValue('') == 'windows')
&& !({{ $terms }}.size() <= 1000
  && {{ $terms }}.map(t, t.?matchExpressions.orValue([]).size()).sum() <= 1000
  && {{ $terms }}.exists(t, t.?matchExpressions.orValue([]).size() + t.?matchFields.orValue([]).size() > 0)
  && {{ $terms }}.all(t, t.?matchExpressions.orValue([]).size() + t.?matchFields.orValue([]).size() == 0
    || t.?matchExpressions.orValue([]).exists(e, e.key in {{ $labels }}
      && (e.operator == 'In' && e.?values.orValue([]) == ['windows']
        || e.operator == 'NotIn' && 'linux' in e.?values.orValue([])))))
{{- end -}}

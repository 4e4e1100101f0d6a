{{/*
As initsync/injection/resources.py: maps by kind, cpu and memory. `least` gives the kinds, too.
*/}}
{{- define "jasm.policy.resources" -}}
{{- $own := .Values.injection -}}
- name: least
  expression: "{'cpu': '{{ $own.cpu }}', 'memory': '{{ $own.memory }}'}"
- name: sidecarLeast
  expression: "{'cpu': '{{ $own.sidecar.cpu }}', 'memory': '{{ $own.sidecar.memory }}'}"
# Whether the pod has resources as a whole.
- name: asAWhole
  expression: >-
    object.spec.?resources.?limits.orValue({}).size() > 0 || object.spec.?resources.?requests.orValue({}).size() > 0
# What the pod's annotations ask for.
- name: override
  expression: |-
    variables.least.transformMap(kind, least,
      variables.annotations[?'jasm.codnod.io/' + kind].orValue('')).transformMap(kind, asked,
      !variables.asAWhole && isQuantity(asked) && !asked.startsWith('+') && quantity(asked).isGreaterThan(quantity('0')),
      asked)
# Of each app container; 0 where it names none.
- name: appLimits
  expression: |-
    variables.least.transformMap(kind, least,
      object.spec.containers.map(c, c.?resources.?limits[?kind].orValue('0')))
- name: appRequests
  expression: |-
    variables.least.transformMap(kind, least,
      object.spec.containers.map(c, c.?resources.?requests[?kind].or(c.?resources.?limits[?kind]).orValue('0')))
- name: appAmounts
  expression: |-
    variables.appLimits.transformMap(kind, limits, limits.transformList(i, limit,
      quantity(quantity(limit).isGreaterThan(quantity('0')) ? limit : variables.appRequests[kind][i]).asApproximateFloat()))
# The index of the app container that has most of it.
- name: largest
  expression: variables.appAmounts.transformMap(kind, amounts, amounts.indexOf(amounts.max()))
# Its limit and request, where it names any.
- name: limit
  expression: |-
    variables.appLimits.transformMap(kind, limits,
      !variables.asAWhole && quantity(limits[variables.largest[kind]]).isGreaterThan(quantity('0')),
      limits[variables.largest[kind]])
- name: request
  expression: |-
    variables.appRequests.transformMap(kind, requests,
      !variables.asAWhole && quantity(requests[variables.largest[kind]]).isGreaterThan(quantity('0')),
      requests[variables.largest[kind]])
# Of these at most so much, as _at_most of the module. Of the most the request has the share that it has of
# the limit, in whole units.
- name: most
  expression: "{'cpu': '{{ $own.max.cpu }}', 'memory': '{{ $own.max.memory }}'}"
- name: unitsInOne
  expression: "{'cpu': 1000.0, 'memory': 0.00000095367431640625}"
- name: tooMuch
  expression: |-
    variables.most.transformMap(kind, most,
      quantity(variables.limit[?kind].or(variables.request[?kind]).orValue('0')).isGreaterThan(quantity(most)))
- name: mostUnits
  expression: |-
    variables.most.transformMap(kind, most, quantity(most).asApproximateFloat() * variables.unitsInOne[kind])
- name: shares
  expression: |-
    variables.request.transformMap(kind, request, kind in variables.limit && variables.tooMuch[kind],
      quantity(request).asApproximateFloat() * quantity(variables.most[kind]).asApproximateFloat()
      / quantity(variables.limit[kind]).asApproximateFloat() * variables.unitsInOne[kind] - 0.000001)
- name: cappedLimit
  expression: |-
    variables.limit.transformMap(kind, limit, variables.tooMuch[kind] ? variables.most[kind] : limit)
- name: cappedRequest
  expression: |-
    variables.request.transformMap(kind, request,
      !variables.tooMuch[kind] ? request
      : !(kind in variables.limit) || variables.limit[kind] == request
        || variables.shares[kind] >= variables.mostUnits[kind]
        || double(int(variables.shares[kind]) + 1) > variables.mostUnits[kind] ? variables.most[kind]
      : string(int(variables.shares[kind]) + 1) + {'cpu': 'm', 'memory': 'Mi'}[kind])
- name: copiedLimits
  expression: |-
    variables.least.transformMap(kind, least, kind in variables.override || kind in variables.cappedLimit,
      variables.override[?kind].orValue(
        variables.cappedLimit[?kind].optMap(limit, quantity(limit).isLessThan(quantity(least)) ? least : limit).orValue('')))
- name: copiedRequests
  expression: |-
    variables.least.transformMap(kind, least, kind in variables.override || kind in variables.cappedRequest,
      kind in variables.override || variables.cappedLimit[?kind] == variables.cappedRequest[?kind]
      ? variables.copiedLimits[kind] : variables.cappedRequest[kind])
# As initsync/injection/limitrange.py: whom the namespace's LimitRange gave a request, by kinds; and what of each kind the
# first had that has no limit.
- name: ranged
  expression: |-
    variables.annotations[?'kubernetes.io/limit-ranger'].orValue('').replace('LimitRanger plugin set: ', '').split('; ')
    .map(part, part.split(' request for container ')).filter(part, part.size() == 2)
- name: rangedNames
  expression: |-
    variables.least.transformMap(kind, least,
      variables.ranged.filter(part, kind in part[0].split(', ')).map(part, part[1]))
- name: floor
  expression: |-
    variables.rangedNames.transformMap(kind, names,
      object.spec.containers.filter(c, c.name in names && !c.?resources.?limits[?kind].hasValue())
      .map(c, c.?resources.?requests[?kind].orValue('0'))[?0].orValue('0'))
- name: sidecarLimits
  expression: |-
    variables.sidecarLeast.transformMap(kind, least, kind in variables.override || kind in variables.limit,
      variables.override[?kind].orValue(
        quantity(least).isLessThan(quantity(variables.floor[kind])) ? variables.floor[kind] : least))
- name: sidecarRequests
  expression: |-
    variables.least.transformMap(kind, least, kind in variables.sidecarLimits || kind in variables.request,
      variables.sidecarLimits[?kind].orValue(
        quantity(least).isLessThan(quantity(variables.floor[kind])) ? variables.floor[kind] : least))
{{- end -}}

{{/* Of jasm-init: include "jasm.policy.resourcesOf" "sidecar"; of others: "copied". */}}
{{- define "jasm.policy.resourcesOf" -}}
Object.spec.initContainers.resources{
  ?limits: optional.ofNonZeroValue(variables.{{ . }}Limits),
  ?requests: optional.ofNonZeroValue(variables.{{ . }}Requests)}
{{- end -}}

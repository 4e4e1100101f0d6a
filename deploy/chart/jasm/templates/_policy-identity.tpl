{{/*
As initsync/injection/webhooks.py: what the clouds' own webhooks give a pod's containers. A volume's name that ends
in `-` is how it begins.
*/}}
{{- define "jasm.policy.webhooks" -}}
- name: aws
  kinds:
    - volume: aws-iam-token
      path: /var/run/secrets/eks.amazonaws.com/serviceaccount
      file: AWS_WEB_IDENTITY_TOKEN_FILE
      beside: [AWS_ROLE_ARN]
    - volume: eks-pod-identity-token
      path: /var/run/secrets/pods.eks.amazonaws.com/serviceaccount
      file: AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE
      beside: [AWS_CONTAINER_CREDENTIALS_FULL_URI]
  alone: [AWS_STS_REGIONAL_ENDPOINTS, AWS_DEFAULT_REGION, AWS_REGION]
  skipped: eks.amazonaws.com/skip-containers
  between: ","
- name: azure
  kinds:
    - volume: azure-identity-token
      path: /var/run/secrets/azure/tokens
      file: AZURE_FEDERATED_TOKEN_FILE
      beside: [AZURE_CLIENT_ID, AZURE_TENANT_ID, AZURE_AUTHORITY_HOST]
    - volume: azure-workload-identity-reserved-
      path: /var/run/secrets/azure/wi
      file: AZURE_FEDERATED_TOKEN_FILE
      beside: [AZURE_CLIENT_ID, AZURE_TENANT_ID, AZURE_AUTHORITY_HOST]
  alone: []
  skipped: azure.workload.identity/skip-containers
  between: ";"
  label: azure.workload.identity/use
{{- end -}}

{{/* As initsync/injection/identity.py: of each cloud the identity of the first container that has a whole one. */}}
{{- define "jasm.policy.identity" -}}
{{- range include "jasm.policy.webhooks" . | fromYamlArray }}
# The kinds of which the pod has the volume, of one token and nothing else; and that token's file.
- name: {{ .name }}Tokens
  expression: |-
    [
      {{- range $i, $kind := .kinds }}
      {{- if $i }},{{ end }}
      {'begins': dyn({{ hasSuffix "-" .volume }}),
       'volume': dyn('{{ .volume }}'),
       'path': dyn('{{ .path }}'),
       'file': dyn('{{ .file }}'),
       'beside': dyn(['{{ join "', '" .beside }}'])}
      {{- end }}
    ].map(k, variables.volumes.filter(v, (k.begins ? v.name.startsWith(k.volume) : v.name == k.volume)
        && v.?projected.?sources.orValue([]).size() == 1
        && v.projected.sources[0].?serviceAccountToken.?audience.orValue('') != ''
        && !v.projected.sources[0].serviceAccountToken.path.contains('$('))
      .map(v, {'volume': dyn(v.name), 'path': k.path, 'file': k.file, 'beside': k.beside,
        'at': dyn(k.path + '/' + v.projected.sources[0].serviceAccountToken.path)}))
    .filter(found, found.size() > 0).map(found, found[0])
# Of each container those that it has with all that belongs to them.
- name: {{ .name }}Kinds
  expression: |-
    variables.containers.map(c, variables.{{ .name }}Tokens.filter(k,
      c.?volumeMounts.orValue([]).exists(m,
        m.name == k.volume && m.mountPath == k.path && !has(m.subPath) && !has(m.subPathExpr))
      && c.?env.orValue([]).exists(e, e.name == k.file && e.?value.orValue('') == k.at)
      && k.beside.all(n, c.?env.orValue([]).exists(e, e.name == n && {{ include "jasm.policy.beside" . }}))))
- name: {{ .name }}Identified
  expression: variables.{{ .name }}Kinds.transformList(i, kinds, kinds.size() > 0, i)
# None or one.
- name: {{ .name }}Kind
  expression: |-
    variables.{{ .name }}Identified.size() == 0 ? []
    : [variables.{{ .name }}Kinds[variables.{{ .name }}Identified[0]][0]]
- name: {{ .name }}Plain
  expression: |-
    variables.{{ .name }}Identified.size() == 0 ? []
    : variables.containers[variables.{{ .name }}Identified[0]].env.filter(e, has(e.value) && !e.value.contains('$('))
- name: {{ .name }}Env
  expression: |-
    (
      {{- if .alone }}variables.{{ .name }}Plain.filter(e, e.name in ['{{ join "', '" .alone }}'])
      + {{ end }}variables.{{ .name }}Plain.filter(e, variables.{{ .name }}Kind.exists(k, e.name in k.beside && {{ include "jasm.policy.beside" . }}))
      + variables.{{ .name }}Plain.filter(e, variables.{{ .name }}Kind.exists(k, e.name == k.file && e.value == k.at)))
    .map(e, {'name': string(e.name), 'value': string(e.value)})
{{- end }}
{{- end -}}

{{/* Whether e, which comes with a token, has a value of its own that it may have. */}}
{{- define "jasm.policy.beside" -}}
has(e.value) && !e.value.contains('$(')
{{- if eq .name "aws" }} && (e.name != 'AWS_CONTAINER_CREDENTIALS_FULL_URI'
        || isURL(e.value) && url(e.value).getScheme() in ['http', 'https']
          && url(e.value).getHostname().lowerAscii() in {{ include "jasm.policy.agents" . }})
{{- else }} && (e.name != 'AZURE_AUTHORITY_HOST'
        || (e.value.endsWith('/') ? string(e.value) : e.value + '/') in {{ include "jasm.policy.authorities" . }})
{{- end }}
{{- end -}}

{{/* As initsync/providers/aws/agents.py. */}}
{{- define "jasm.policy.agents" -}}
['169.254.170.2', '169.254.170.23', 'fd00:ec2::23', 'localhost']
{{- end -}}

{{/* As initsync/providers/azure/clouds.py. */}}
{{- define "jasm.policy.authorities" -}}
['https://login.microsoftonline.com/', 'https://login.windows.net/', 'https://login.chinacloudapi.cn/', 'https://login.partner.microsoftonline.cn/', 'https://login.microsoftonline.us/', 'https://login.usgovcloudapi.net/', 'https://login.sovcloud-identity.fr/', 'https://login.sovcloud-identity.de/']
{{- end -}}

{{/* Has the webhooks leave jasm-wait alone, as patches. */}}
{{- define "jasm.policy.skipping" -}}
{{- range include "jasm.policy.webhooks" . | fromYamlArray }}
+ (!variables.waiting
  {{- with .label }} || object.metadata.?labels[?'{{ . }}'].orValue('') != 'true'{{ end }} ? [] : [JSONPatch{op: 'add',
  path: '/metadata/annotations/' + jsonpatch.escapeKey('{{ .skipped }}'),
  value: ['jasm-wait', variables.annotations[?'{{ .skipped }}'].orValue('')].filter(n, n != '').join('{{ .between }}')}])
{{- end }}
{{- end -}}

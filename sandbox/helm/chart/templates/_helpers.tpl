{{/* Labels that every object carries; the caller passes (list $ "component"). */}}
{{- define "jupyterhub.labels" -}}
{{- $root := index . 0 -}}
app: jupyterhub
release: {{ $root.Release.Name }}
chart: {{ $root.Chart.Name }}-{{ $root.Chart.Version }}
heritage: {{ $root.Release.Service }}
component: {{ index . 1 }}
app.kubernetes.io/name: jupyterhub
app.kubernetes.io/instance: {{ $root.Release.Name }}
app.kubernetes.io/managed-by: {{ $root.Release.Service }}
app.kubernetes.io/component: {{ index . 1 }}
{{- end }}

{{/* Labels that select an object's pods. */}}
{{- define "jupyterhub.matchLabels" -}}
{{- $root := index . 0 -}}
app: jupyterhub
release: {{ $root.Release.Name }}
component: {{ index . 1 }}
{{- end }}

{{- define "jupyterhub.image" -}}
{{ .name }}:{{ .tag }}
{{- end }}

{{- define "jupyterhub.pullSecrets" -}}
{{- $secrets := .Values.imagePullSecrets -}}
{{- if .Values.imagePullSecret.create }}{{ $secrets = append $secrets "image-pull-secret" }}{{ end -}}
{{- if $secrets }}
imagePullSecrets:
{{- range $secrets }}
  - name: {{ if kindIs "string" . }}{{ . }}{{ else }}{{ .name }}{{ end }}
{{- end }}
{{- end }}
{{- end }}

{{/* Core pods stay off the users' nodes, softly or not at all; the caller passes (list purpose match). */}}
{{- define "jupyterhub.nodeAffinity" -}}
{{- if eq (index . 1) "require" }}
nodeAffinity:
  requiredDuringSchedulingIgnoredDuringExecution:
    nodeSelectorTerms:
      - matchExpressions:
          - key: hub.jupyter.org/node-purpose
            operator: In
            values: [{{ index . 0 }}]
{{- else if eq (index . 1) "prefer" }}
nodeAffinity:
  preferredDuringSchedulingIgnoredDuringExecution:
    - weight: 100
      preference:
        matchExpressions:
          - key: hub.jupyter.org/node-purpose
            operator: In
            values: [{{ index . 0 }}]
{{- end }}
{{- end }}

{{- define "jupyterhub.userTolerations" -}}
- key: hub.jupyter.org/dedicated
  operator: Equal
  value: user
  effect: NoSchedule
- key: hub.jupyter.org_dedicated
  operator: Equal
  value: user
  effect: NoSchedule
{{- end }}

{{- define "jupyterhub.hasAutohttps" -}}
{{- if and .Values.proxy.https.enabled (eq .Values.proxy.https.type "letsencrypt") .Values.proxy.https.hosts }}yes{{ end }}
{{- end }}

{{/* A secret value that is made once and kept: (list $ "key" "given"). */}}
{{- define "jupyterhub.keptSecret" -}}
{{- $root := index . 0 -}}{{- $key := index . 1 -}}{{- $given := index . 2 -}}
{{- $existing := lookup "v1" "Secret" $root.Release.Namespace "hub" -}}
{{- if $given }}{{ $given | b64enc }}
{{- else if and $existing (hasKey $existing.data $key) }}{{ index $existing.data $key }}
{{- else }}{{ randAlphaNum 64 | lower | b64enc }}
{{- end }}
{{- end }}

{{/* What tells whether images must be pulled again. */}}
{{- define "jupyterhub.pullChecksum" -}}
{{- list .Values.singleuser.image .Values.prePuller .Values.singleuser.profileList | toJson | sha256sum }}
{{- end }}

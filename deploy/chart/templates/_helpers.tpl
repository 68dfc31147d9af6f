{{/* The name of everything; pods are NAME-0, NAME-1, … */}}
{{- define "jhub-bot.name" -}}
{{ .Values.fullnameOverride | default .Release.Name | trunc 50 | trimSuffix "-" }}
{{- end }}

{{- define "jhub-bot.account" -}}
{{ .Values.serviceAccount.name | default (include "jhub-bot.name" .) }}
{{- end }}

{{- define "jhub-bot.selector" -}}
app.kubernetes.io/name: jhub-bot
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "jhub-bot.labels" -}}
{{ include "jhub-bot.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ .Chart.Name }}-{{ .Chart.Version }}
{{- end }}

{{- define "jhub-bot.subject" -}}
- kind: ServiceAccount
  name: {{ include "jhub-bot.account" . }}
  namespace: {{ .Release.Namespace }}
{{- end }}

{{- define "jhub-bot.image" -}}
{{- with .Values.image }}
{{- if .digest }}{{ .repository }}@{{ .digest }}{{ else }}{{ .repository }}:{{ .tag | default $.Chart.AppVersion }}{{ end }}
{{- end }}
{{- end }}

{{/* What follows from other values; what stands in `config` wins. */}}
{{- define "jhub-bot.config" -}}
{{- $given := omit .Values.config "state_dir" }}
{{- $hub := .Values.hub }}
{{- $made := dict
  "kubernetes" (dict "namespace" $hub.namespace)
  "release" (dict "name" $hub.release)
  "hub" (dict "url" (printf "http://hub.%s.svc.cluster.local:8081" $hub.namespace))
  "state_dir" "/var/lib/jhub-bot"
}}
{{- with .Values.workloadIdentity.clientId }}
{{- $identity := dict "identity" "WorkloadIdentity" "client_id" . }}
{{- $made = merge $made (dict "graph" $identity "azure" (deepCopy $identity)) }}
{{- end }}
{{- if .Values.database.secret }}
{{- $made = merge $made (dict "store" (dict "url_file" "/run/secrets/database/url")) }}
{{- end }}
{{- /* Where the probes, the Service and Prometheus look for it. */}}
{{- $listens := dict "teams" (dict "host" "0.0.0.0" "port" 3978) }}
{{- /* What doctor says is going out of support. */}}
{{- with .Values.ingress }}
{{- if and .enabled .className }}{{ $made = merge $made (dict "teams" (dict "ingress_class" .className)) }}{{ end }}
{{- end }}
{{- with .Values.metrics }}
{{- if .enabled }}{{ $_ := set $listens "metrics" (dict "host" "0.0.0.0" "port" (int .port)) }}{{ end }}
{{- end }}
{{- toYaml (mergeOverwrite $made $given $listens) }}
{{- end }}

{{/* The namespaces and releases of all hubs in this cluster, each once: further ones are in `config.hubs`, whose sections
     stand whole in the place of the first hub's (docs/hubs.md), with the bot's own defaults. */}}
{{- define "jhub-bot.hubs" -}}
{{- $namespaces := list .Values.hub.namespace }}
{{- $releases := list .Values.hub.release }}
{{- range $name, $further := .Values.config.hubs | default dict }}
{{- $namespace := $.Values.hub.namespace }}
{{- $release := printf "%s-%s" $.Values.hub.release $name | trunc 53 | trimSuffix "-" }}
{{- with $further.release }}{{ $release = .name | default $release }}{{ end }}
{{- with $further.kubernetes }}{{ $namespace = ternary "" (.namespace | default "jhub") (not (empty .kubeconfig)) }}{{ end }}
{{- if $namespace }}
{{- $namespaces = append $namespaces $namespace }}
{{- $releases = append $releases $release }}
{{- end }}
{{- end }}
{{- dict "namespaces" (uniq $namespaces) "releases" (uniq $releases) | toYaml }}
{{- end }}

{{/* The puller of users' images: (list $ "hook-image-puller" or "continuous-image-puller"). */}}
{{- define "jupyterhub.imagePuller" -}}
{{- $root := index . 0 -}}{{- $name := index . 1 -}}
kind: DaemonSet
apiVersion: apps/v1
metadata:
  name: {{ $name }}
  labels:
    {{- include "jupyterhub.labels" (list $root $name) | nindent 4 }}
  {{- if eq $name "hook-image-puller" }}
    hub.jupyter.org/deletable: "true"
  annotations:
    "helm.sh/hook": pre-install,pre-upgrade
    "helm.sh/hook-delete-policy": before-hook-creation,hook-succeeded
    "helm.sh/hook-weight": "-10"
  {{- end }}
spec:
  selector:
    matchLabels:
      {{- include "jupyterhub.matchLabels" (list $root $name) | nindent 6 }}
  updateStrategy:
    type: RollingUpdate
    rollingUpdate:
      maxUnavailable: 100%
  template:
    metadata:
      labels:
        {{- include "jupyterhub.matchLabels" (list $root $name) | nindent 8 }}
    spec:
      tolerations:
        {{- include "jupyterhub.userTolerations" $root | nindent 8 }}
      {{- if eq $root.Values.scheduling.userPods.nodeAffinity.matchNodePurpose "require" }}
      affinity:
        {{- include "jupyterhub.nodeAffinity" (list "user" "require") | indent 8 }}
      {{- end }}
      terminationGracePeriodSeconds: 0
      automountServiceAccountToken: false
      {{- include "jupyterhub.pullSecrets" $root | nindent 6 }}
      initContainers:
        - name: image-pull-singleuser
          image: {{ include "jupyterhub.image" $root.Values.singleuser.image }}
          command: [/bin/sh, -c, echo "Pulling complete"]
        {{- range $key, $image := $root.Values.prePuller.extraImages }}
        - name: image-pull-{{ $key }}
          image: {{ include "jupyterhub.image" $image }}
          command: [/bin/sh, -c, echo "Pulling complete"]
        {{- end }}
      containers:
        - name: pause
          image: {{ include "jupyterhub.image" $root.Values.prePuller.pause.image }}
{{- end }}

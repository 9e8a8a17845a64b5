{{- define "samehand.name" -}}
{{- .Release.Name | trunc 50 | trimSuffix "-" -}}
{{- end -}}
{{- define "samehand.select" -}}
app.kubernetes.io/name: samehand
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}
{{- /* Another replica, made by mistake, has an empty store of its own: nobody is led to it past the first one's locks. */ -}}
{{- define "samehand.first" -}}
{{ include "samehand.select" . }}
statefulset.kubernetes.io/pod-name: {{ include "samehand.name" . }}-0
{{- end -}}
{{- define "samehand.labels" -}}
{{ include "samehand.select" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end -}}
{{- define "samehand.config" -}}
{{- $tls := ternary (dict "cert" "/run/tls/tls.crt" "key" "/run/tls/tls.key") nil (ne .Values.tlsSecret "") -}}
{{- $listen := dict "host" "0.0.0.0" "port" 8443 -}}
{{- if $tls }}{{ $_ := set $listen "tls" $tls }}{{ end -}}
{{- $own := dict
  "listen" $listen
  "metrics" (dict "host" "0.0.0.0" "port" 9464)
  "admin" (dict "host" "0.0.0.0" "port" 8444)
  "store" "/var/lib/samehand/samehand.db"
  "keys" (dict "file" "/run/keys/profile.keys")
  "tokens" (dict "keys" (dict "file" "/run/keys/token.keys")) -}}
{{- if .Values.policy }}{{ $_ := set $own "policy" "/etc/samehand/policy.yaml" }}{{ end -}}
{{- toYaml (mergeOverwrite (deepCopy .Values.config) $own) -}}
{{- end -}}

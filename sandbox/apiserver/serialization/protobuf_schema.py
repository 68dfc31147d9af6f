"""The protobuf messages that Go clients send instead of JSON: the numbers and types of their fields.

Typed clients of client-go 1.32 prefer protobuf, so `kubectl create` and helm's own Secrets arrive this way. The
numbers are Kubernetes' wire format (k8s.io/api and apimachinery) up to 1.32; status fields, which a client's
create or update does not set, and volume plug-ins that AKS does not have are left out.

One message a line, continued by indented ones: its name, then `field=number:type`. Without a type it is a string.
`int` and `bool` may be absent and are told apart from zero; `count` and `flag` are left out when zero, as Go's JSON
does. `{T}` is a map from strings, `[T]` a list, `+T` a message whose fields belong to the one around it.
"""

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

FIELDS = """
ObjectMeta name=1 generateName=2 namespace=3 uid=5 resourceVersion=6 generation=7:count creationTimestamp=8:Time
    deletionTimestamp=9:Time deletionGracePeriodSeconds=10:int labels=11:{} annotations=12:{}
    ownerReferences=13:[OwnerReference] finalizers=14:[]
OwnerReference kind=1 name=3 uid=4 apiVersion=5 controller=6:bool blockOwnerDeletion=7:bool
LabelSelector matchLabels=1:{} matchExpressions=2:[Requirement]
Requirement key=1 operator=2 values=3:[]
DeleteOptions gracePeriodSeconds=1:int preconditions=2:Preconditions orphanDependents=3:bool propagationPolicy=4
    dryRun=5:[]
Preconditions uid=1 resourceVersion=2
Reference name=1
ObjectReference kind=1 namespace=2 name=3 uid=4 apiVersion=5 resourceVersion=6 fieldPath=7
TypedReference apiGroup=1 kind=2 name=3 namespace=4

Namespace metadata=1:ObjectMeta spec=2:NamespaceSpec
NamespaceSpec finalizers=1:[]
Secret metadata=1:ObjectMeta data=2:{bytes} type=3 stringData=4:{} immutable=5:bool
ConfigMap metadata=1:ObjectMeta data=2:{} binaryData=3:{bytes} immutable=4:bool
ServiceAccount metadata=1:ObjectMeta secrets=2:[ObjectReference] imagePullSecrets=3:[Reference]
    automountServiceAccountToken=4:bool
ResourceQuota metadata=1:ObjectMeta spec=2:ResourceQuotaSpec
ResourceQuotaSpec hard=1:{Quantity} scopes=2:[] scopeSelector=3:ScopeSelector
ScopeSelector matchExpressions=1:[ScopeRequirement]
ScopeRequirement scopeName=1 operator=2 values=3:[]
Event metadata=1:ObjectMeta involvedObject=2:ObjectReference reason=3 message=4 source=5:EventSource
    firstTimestamp=6:Time lastTimestamp=7:Time count=8:count type=9 eventTime=10:MicroTime series=11:EventSeries
    action=12 related=13:ObjectReference reportingComponent=14 reportingInstance=15
EventSource component=1 host=2
EventSeries count=1:count lastObservedTime=2:MicroTime
Service metadata=1:ObjectMeta spec=2:ServiceSpec
ServiceSpec ports=1:[ServicePort] selector=2:{} clusterIP=3 type=4 externalIPs=5:[] sessionAffinity=7
    loadBalancerIP=8 loadBalancerSourceRanges=9:[] externalName=10 externalTrafficPolicy=11
    healthCheckNodePort=12:count publishNotReadyAddresses=13:flag sessionAffinityConfig=14:AffinityConfig
    ipFamilyPolicy=17 clusterIPs=18:[] ipFamilies=19:[] allocateLoadBalancerNodePorts=20:bool loadBalancerClass=21
    internalTrafficPolicy=22 trafficDistribution=23
ServicePort name=1 protocol=2 port=3:int targetPort=4:IntOrString nodePort=5:count appProtocol=6
AffinityConfig clientIP=1:AffinityTimeout
AffinityTimeout timeoutSeconds=1:int
PersistentVolumeClaim metadata=1:ObjectMeta spec=2:ClaimSpec
ClaimSpec accessModes=1:[] resources=2:Resources volumeName=3 selector=4:LabelSelector storageClassName=5:text
    volumeMode=6 dataSource=7:TypedReference dataSourceRef=8:TypedReference volumeAttributesClassName=9
ClaimTemplate metadata=1:ObjectMeta spec=2:ClaimSpec

Pod metadata=1:ObjectMeta spec=2:PodSpec
PodTemplateSpec metadata=1:ObjectMeta spec=2:PodSpec
PodSpec volumes=1:[Volume] containers=2:[Container] restartPolicy=3 terminationGracePeriodSeconds=4:int
    activeDeadlineSeconds=5:int dnsPolicy=6 nodeSelector=7:{} serviceAccountName=8 serviceAccount=9 nodeName=10
    hostNetwork=11:flag hostPID=12:flag hostIPC=13:flag securityContext=14:PodSecurity
    imagePullSecrets=15:[Reference] hostname=16 subdomain=17 affinity=18:Affinity schedulerName=19
    initContainers=20:[Container] automountServiceAccountToken=21:bool tolerations=22:[Toleration]
    hostAliases=23:[HostAlias] priorityClassName=24 priority=25:int dnsConfig=26:DnsConfig
    shareProcessNamespace=27:bool readinessGates=28:[ReadinessGate] runtimeClassName=29 enableServiceLinks=30:bool
    preemptionPolicy=31 overhead=32:{Quantity} topologySpreadConstraints=33:[Spread]
    ephemeralContainers=34:[EphemeralContainer] setHostnameAsFQDN=35:bool os=36:Reference hostUsers=37:bool
    schedulingGates=38:[Reference] resources=40:Resources
Container name=1 image=2 command=3:[] args=4:[] workingDir=5 ports=6:[ContainerPort] env=7:[EnvVar]
    resources=8:Resources volumeMounts=9:[VolumeMount] livenessProbe=10:Probe readinessProbe=11:Probe
    lifecycle=12:Lifecycle terminationMessagePath=13 imagePullPolicy=14 securityContext=15:Security stdin=16:flag
    stdinOnce=17:flag tty=18:flag envFrom=19:[EnvSource] terminationMessagePolicy=20 volumeDevices=21:[Device]
    startupProbe=22:Probe resizePolicy=23:[ResizePolicy] restartPolicy=24
EphemeralContainer common=1:+Container targetContainerName=2
ContainerPort name=1 hostPort=2:count containerPort=3:int protocol=4 hostIP=5
ResizePolicy resourceName=1 restartPolicy=2
EnvVar name=1 value=2 valueFrom=3:EnvValue
EnvValue fieldRef=1:FieldRef resourceFieldRef=2:ResourceRef configMapKeyRef=3:KeyRef secretKeyRef=4:KeyRef
EnvSource prefix=1 configMapRef=2:NamedRef secretRef=3:NamedRef
FieldRef apiVersion=1 fieldPath=2
ResourceRef containerName=1 resource=2 divisor=3:Quantity
KeyRef reference=1:+Reference key=2 optional=3:bool
NamedRef reference=1:+Reference optional=2:bool
Resources limits=1:{Quantity} requests=2:{Quantity}
VolumeMount name=1 readOnly=2:flag mountPath=3 subPath=4 mountPropagation=5 subPathExpr=6 recursiveReadOnly=7
Device name=1 devicePath=2
Probe handler=1:+Handler initialDelaySeconds=2:count timeoutSeconds=3:count periodSeconds=4:count
    successThreshold=5:count failureThreshold=6:count terminationGracePeriodSeconds=7:int
Handler exec=1:Exec httpGet=2:HttpGet tcpSocket=3:TcpSocket grpc=4:Grpc
Lifecycle postStart=1:Hook preStop=2:Hook
Hook exec=1:Exec httpGet=2:HttpGet tcpSocket=3:TcpSocket sleep=4:Sleep
Exec command=1:[]
HttpGet path=1 port=2:IntOrString host=3 scheme=4 httpHeaders=5:[Pair]
Pair name=1 value=2
TcpSocket port=1:IntOrString host=2
Grpc port=1:int service=2
Sleep seconds=1:int
Security capabilities=1:Capabilities privileged=2:bool seLinuxOptions=3:SeLinux runAsUser=4:int runAsNonRoot=5:bool
    readOnlyRootFilesystem=6:bool allowPrivilegeEscalation=7:bool runAsGroup=8:int procMount=9
    seccompProfile=11:Profile appArmorProfile=12:Profile
PodSecurity seLinuxOptions=1:SeLinux runAsUser=2:int runAsNonRoot=3:bool supplementalGroups=4:[int] fsGroup=5:int
    runAsGroup=6:int sysctls=7:[Pair] fsGroupChangePolicy=9 seccompProfile=10:Profile appArmorProfile=11:Profile
    supplementalGroupsPolicy=12
Capabilities add=1:[] drop=2:[]
SeLinux user=1 role=2 type=3 level=4
Profile type=1 localhostProfile=2
Toleration key=1 operator=2 value=3 effect=4 tolerationSeconds=5:int
HostAlias ip=1 hostnames=2:[]
DnsConfig nameservers=1:[] searches=2:[] options=3:[Pair]
ReadinessGate conditionType=1
Spread maxSkew=1:int topologyKey=2 whenUnsatisfiable=3 labelSelector=4:LabelSelector minDomains=5:int
    nodeAffinityPolicy=6 nodeTaintsPolicy=7 matchLabelKeys=8:[]
Affinity nodeAffinity=1:NodeAffinity podAffinity=2:PodAffinity podAntiAffinity=3:PodAffinity
NodeAffinity requiredDuringSchedulingIgnoredDuringExecution=1:NodeSelector
    preferredDuringSchedulingIgnoredDuringExecution=2:[PreferredNodes]
NodeSelector nodeSelectorTerms=1:[NodeTerm]
NodeTerm matchExpressions=1:[Requirement] matchFields=2:[Requirement]
PreferredNodes weight=1:int preference=2:NodeTerm
PodAffinity requiredDuringSchedulingIgnoredDuringExecution=1:[PodTerm]
    preferredDuringSchedulingIgnoredDuringExecution=2:[PreferredPods]
PodTerm labelSelector=1:LabelSelector namespaces=2:[] topologyKey=3 namespaceSelector=4:LabelSelector
    matchLabelKeys=5:[] mismatchLabelKeys=6:[]
PreferredPods weight=1:int podAffinityTerm=2:PodTerm

Volume name=1 source=2:+VolumeSource
VolumeSource hostPath=1:HostPath emptyDir=2:EmptyDir secret=6:SecretVolume nfs=7:Nfs
    persistentVolumeClaim=10:ClaimVolume downwardAPI=16:DownwardVolume azureFile=18:AzureFile
    configMap=19:MapVolume azureDisk=22:AzureDisk projected=26:Projected csi=28:Csi ephemeral=29:Ephemeral
    image=30:ImageVolume
HostPath path=1 type=2
EmptyDir medium=1 sizeLimit=2:Quantity
SecretVolume secretName=1 items=2:[KeyPath] defaultMode=3:int optional=4:bool
MapVolume reference=1:+Reference items=2:[KeyPath] defaultMode=3:int optional=4:bool
KeyPath key=1 path=2 mode=3:int
Nfs server=1 path=2 readOnly=3:flag
ClaimVolume claimName=1 readOnly=2:flag
DownwardVolume items=1:[DownwardFile] defaultMode=2:int
DownwardFile path=1 fieldRef=2:FieldRef resourceFieldRef=3:ResourceRef mode=4:int
AzureFile secretName=1 shareName=2 readOnly=3:flag
AzureDisk diskName=1 diskURI=2 cachingMode=3 fsType=4 readOnly=5:bool kind=6
Csi driver=1 readOnly=2:bool fsType=3 volumeAttributes=4:{} nodePublishSecretRef=5:Reference
Ephemeral volumeClaimTemplate=1:ClaimTemplate
ImageVolume reference=1 pullPolicy=2
Projected sources=1:[Projection] defaultMode=2:int
Projection secret=1:ProjectedKeys downwardAPI=2:ProjectedFiles configMap=3:ProjectedKeys
    serviceAccountToken=4:ProjectedToken
ProjectedKeys reference=1:+Reference items=2:[KeyPath] optional=4:bool
ProjectedFiles items=1:[DownwardFile]
ProjectedToken audience=1 expirationSeconds=2:int path=3

Deployment metadata=1:ObjectMeta spec=2:DeploymentSpec
DeploymentSpec replicas=1:int selector=2:LabelSelector template=3:PodTemplateSpec strategy=4:Strategy
    minReadySeconds=5:count revisionHistoryLimit=6:int paused=7:flag progressDeadlineSeconds=9:int
Strategy type=1 rollingUpdate=2:Rolling
Rolling maxUnavailable=1:IntOrString maxSurge=2:IntOrString
ReplicaSet metadata=1:ObjectMeta spec=2:ReplicaSetSpec
ReplicaSetSpec replicas=1:int selector=2:LabelSelector template=3:PodTemplateSpec minReadySeconds=4:count
StatefulSet metadata=1:ObjectMeta spec=2:StatefulSetSpec
StatefulSetSpec replicas=1:int selector=2:LabelSelector template=3:PodTemplateSpec
    volumeClaimTemplates=4:[PersistentVolumeClaim] serviceName=5 podManagementPolicy=6
    updateStrategy=7:OrderedStrategy revisionHistoryLimit=8:int minReadySeconds=9:count
    persistentVolumeClaimRetentionPolicy=10:Retention ordinals=11:Ordinals
OrderedStrategy type=1 rollingUpdate=2:OrderedRolling
OrderedRolling partition=1:int maxUnavailable=2:IntOrString
Retention whenDeleted=1 whenScaled=2
Ordinals start=1:int
DaemonSet metadata=1:ObjectMeta spec=2:DaemonSetSpec
DaemonSetSpec selector=1:LabelSelector template=2:PodTemplateSpec updateStrategy=3:Strategy
    minReadySeconds=4:count revisionHistoryLimit=6:int
Scale metadata=1:ObjectMeta spec=2:ScaleSpec
ScaleSpec replicas=1:int
Job metadata=1:ObjectMeta spec=2:JobSpec
JobSpec parallelism=1:int completions=2:int activeDeadlineSeconds=3:int selector=4:LabelSelector
    manualSelector=5:bool template=6:PodTemplateSpec backoffLimit=7:int ttlSecondsAfterFinished=8:int
    completionMode=9 suspend=10:bool podFailurePolicy=11:FailurePolicy backoffLimitPerIndex=12:int
    maxFailedIndexes=13:int podReplacementPolicy=14 managedBy=15 successPolicy=16:SuccessPolicy
FailurePolicy rules=1:[FailureRule]
FailureRule action=1 onExitCodes=2:ExitCodes onPodConditions=3:[PodCondition]
ExitCodes containerName=1 operator=2 values=3:[int]
PodCondition type=1 status=2
SuccessPolicy rules=1:[SuccessRule]
SuccessRule succeededIndexes=1 succeededCount=2:int
CronJob metadata=1:ObjectMeta spec=2:CronJobSpec
CronJobSpec schedule=1 startingDeadlineSeconds=2:int concurrencyPolicy=3 suspend=4:bool jobTemplate=5:JobTemplate
    successfulJobsHistoryLimit=6:int failedJobsHistoryLimit=7:int timeZone=8
JobTemplate metadata=1:ObjectMeta spec=2:JobSpec

Role metadata=1:ObjectMeta rules=2:[PolicyRule]
ClusterRole metadata=1:ObjectMeta rules=2:[PolicyRule] aggregationRule=3:Aggregation
PolicyRule verbs=1:[] apiGroups=2:[] resources=3:[] resourceNames=4:[] nonResourceURLs=5:[]
Aggregation clusterRoleSelectors=1:[LabelSelector]
RoleBinding metadata=1:ObjectMeta subjects=2:[Subject] roleRef=3:TypedReference
ClusterRoleBinding metadata=1:ObjectMeta subjects=2:[Subject] roleRef=3:TypedReference
Subject kind=1 apiGroup=2 name=3 namespace=4
SelfSubjectReview metadata=1:ObjectMeta
SelfSubjectAccessReview metadata=1:ObjectMeta spec=2:AccessSpec
AccessSpec resourceAttributes=1:ResourceAttributes nonResourceAttributes=2:PathAttributes
ResourceAttributes namespace=1 verb=2 group=3 version=4 resource=5 subresource=6 name=7
PathAttributes path=1 verb=2
SelfSubjectRulesReview metadata=1:ObjectMeta spec=2:RulesSpec
RulesSpec namespace=1
Eviction metadata=1:ObjectMeta deleteOptions=2:DeleteOptions
PodDisruptionBudget metadata=1:ObjectMeta spec=2:BudgetSpec
BudgetSpec minAvailable=1:IntOrString selector=2:LabelSelector maxUnavailable=3:IntOrString
    unhealthyPodEvictionPolicy=4
PriorityClass metadata=1:ObjectMeta value=2:int globalDefault=3:flag description=4 preemptionPolicy=5
StorageClass metadata=1:ObjectMeta provisioner=2 parameters=3:{} reclaimPolicy=4 mountOptions=5:[]
    allowVolumeExpansion=6:bool volumeBindingMode=7
Lease metadata=1:ObjectMeta spec=2:LeaseSpec
LeaseSpec holderIdentity=1 leaseDurationSeconds=2:int acquireTime=3:MicroTime renewTime=4:MicroTime
    leaseTransitions=5:int
Ingress metadata=1:ObjectMeta spec=2:IngressSpec
IngressSpec defaultBackend=1:Backend tls=2:[IngressTls] rules=3:[IngressRule] ingressClassName=4
IngressTls hosts=1:[] secretName=2
IngressRule host=1 value=2:+IngressValue
IngressValue http=1:IngressPaths
IngressPaths paths=1:[IngressPath]
IngressPath path=1 backend=2:Backend pathType=3
Backend resource=3:TypedReference service=4:BackendService
BackendService name=1 port=2:BackendPort
BackendPort name=1 number=2:count
NetworkPolicy metadata=1:ObjectMeta spec=2:NetworkSpec
NetworkSpec podSelector=1:LabelSelector ingress=2:[NetworkFrom] egress=3:[NetworkTo] policyTypes=4:[]
NetworkFrom ports=1:[NetworkPort] from=2:[Peer]
NetworkTo ports=1:[NetworkPort] to=2:[Peer]
NetworkPort protocol=1 port=2:IntOrString endPort=3:int
Peer podSelector=1:LabelSelector namespaceSelector=2:LabelSelector ipBlock=3:IpBlock
IpBlock cidr=1 except=2:[]
"""

Shape = Literal["one", "list", "map", "inline"]

_FIELD = re.compile(r"(\w+)=(\d+)(?::(.+))?")


@dataclass(frozen=True, slots=True)
class Field:
    """One numbered field of a message."""

    name: str
    type: str
    shape: Shape


@lru_cache(maxsize=1)
def messages() -> dict[str, dict[int, Field]]:
    """Return each message by name, its fields by number."""
    lines = re.sub(r"\n +", " ", FIELDS).split("\n")
    return {words[0]: dict(map(_field, words[1:])) for words in map(str.split, lines) if words}


def _field(text: str) -> tuple[int, Field]:
    match = _FIELD.fullmatch(text)
    if match is None:
        raise ValueError(f"not a field: {text}")
    name, number, written = match[1], int(match[2]), match[3] or ""
    shapes: dict[str, Shape] = {"{": "map", "[": "list", "+": "inline"}
    return number, Field(name, written.strip("{}[]+") or "string", shapes.get(written[:1], "one"))

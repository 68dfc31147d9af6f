"""Helm values that make different pods, with z2jh's defaults: as tables for `test_server_pod.py`."""

import yaml

# What z2jh 4.4 has by default, as far as it decides about a user's pod.
DEFAULTS = yaml.safe_load("""
fullnameOverride: ""
imagePullSecrets: []
hub: {config: {JupyterHub: {authenticator_class: dummy}}, extraConfig: {}}
scheduling:
  userScheduler: {enabled: true}
  podPriority: {enabled: false}
  userPods: {tolerations: [{key: hub.jupyter.org/dedicated, operator: Equal, value: user, effect: NoSchedule}],
             nodeAffinity: {matchNodePurpose: prefer}}
singleuser:
  image: {name: quay.io/jupyterhub/k8s-singleuser-sample, tag: 4.4.0, pullSecrets: []}
  extraTolerations: []
  nodeSelector: {}
  extraNodeAffinity: {required: [], preferred: []}
  extraPodAffinity: {required: [], preferred: []}
  extraPodAntiAffinity: {required: [], preferred: []}
  networkTools: {image: {name: quay.io/jupyterhub/k8s-network-tools, tag: 4.4.0}, resources: {}}
  cloudMetadata: {blockWithIptables: true, ip: 169.254.169.254}
  extraAnnotations: {}
  extraLabels: {hub.jupyter.org/network-access-hub: "true"}
  extraFiles: {}
  extraEnv: {}
  lifecycleHooks: {}
  initContainers: []
  extraContainers: []
  allowPrivilegeEscalation: false
  uid: 1000
  fsGid: 100
  storage: {type: dynamic, homeMountPath: /home/jovyan, dynamic: {volumeNameTemplate: "volume-{user_server}"}}
  cpu: {}
  memory: {guarantee: 1G}
  extraResource: {limits: {}, guarantees: {}}
  cmd: jupyterhub-singleuser
  extraPodConfig: {}
  profileList: []
""")

VALUES = yaml.safe_load("""
plain: {}
named:
  fullnameOverride: teaching
  imagePullSecret: {create: true, automaticReferenceInjection: true}
  scheduling: {podPriority: {enabled: true}}
everything:
  imagePullSecrets: [a]
  scheduling: {podPriority: {enabled: true}, userPods: {nodeAffinity: {matchNodePurpose: require}}}
  singleuser:
    image: {name: r.example.org/n, tag: x, pullPolicy: Always, pullSecrets: [{name: b}]}
    memory: {limit: 4G, guarantee: 1.5G}
    cpu: {limit: 2, guarantee: 0.5}
    extraResource: {limits: {nvidia.com/gpu: "1"}, guarantees: {nvidia.com/gpu: "1"}}
    extraEnv: {A: "1", B: "{username}", C: {valueFrom: {secretKeyRef: {name: x, key: y}}}, D: {name: E, value: "2"}}
    extraLabels: {team: "{username}"}
    extraAnnotations: {a/b: "c {user_server}"}
    extraTolerations: [{key: g, operator: Exists, effect: NoSchedule, toleration_seconds: 3}]
    nodeSelector: {pool: users}
    extraNodeAffinity: {required: [{matchExpressions: [{key: z, operator: Exists}]}],
                        preferred: [{weight: 1, preference: {matchExpressions: [{key: z, operator: Exists}]}}]}
    extraPodAffinity:
      preferred: [{weight: 9, podAffinityTerm: {topologyKey: k, labelSelector: {matchLabels: {a: b}}}}]
    extraPodAntiAffinity: {required: [{topologyKey: k, labelSelector: {matchLabels: {a: b}}}]}
    lifecycleHooks: {post_start: {exec: {command: [a]}}}
    initContainers: [{name: i, image: b, volume_mounts: [{name: x, mountPath: /x}], command: ["{username}"]}]
    extraContainers: [{name: s, image: q, securityContext: {runAsUser: 0}}]
    extraFiles: {f: {mountPath: /etc/f, stringData: x, mode: 420}, g: {mountPath: /etc/g, stringData: y}}
    storage:
      dynamic: {subPath: "h/{username}", pvcNameTemplate: "home-{username}"}
      extraVolumes: [{name: shared, persistentVolumeClaim: {claimName: s}}]
      extraVolumeMounts: [{name: shared, mountPath: /s, readOnly: true}, {name: shared, mount_path: /t}]
    extraPodConfig: {dns_policy: None, hostAliases: [{ip: 192.0.2.1, hostnames: [a]}], enableServiceLinks: false}
    serviceAccountName: users
    cmd: null
static:
  singleuser:
    storage: {type: static, static: {pvcName: nfs}, extraVolumes: {b: {name: b, emptyDir: {}}},
              extraVolumeMounts: {b: {name: b, mountPath: /b}}}
    uid: 0
    allowPrivilegeEscalation: null
    cloudMetadata: {blockWithIptables: false}
spawner:
  singleuser: {storage: {type: none}, cmd: [a, b]}
  hub:
    config:
      KubeSpawner:
        privileged: true
        supplemental_gids: [5]
        pod_security_context: {runAsNonRoot: true}
        container_security_context: {capabilities: {drop: [ALL]}}
        extra_container_config: {envFrom: [{secretRef: {name: x}}], working_dir: /q}
        args: ["--x"]
        automount_service_account_token: true
        gid: 100
        mem_limit: 2G
      Spawner: {cmd: other, environment: {Z: "1"}}
profiles:
  singleuser:
    extraEnv: {A: "1"}
    profileList:
    - display_name: Small
      kubespawner_override: {mem_limit: 1G, environment: {B: "2", A: null}, node_selector: {a: b}}
    - display_name: Big
      slug: big
      kubespawner_override: {cpu_limit: 4, volumes: {z: {name: z, emptyDir: {}}}, image: "x:y"}
      profile_options:
        image:
          display_name: Image
          choices:
            r: {display_name: R, kubespawner_override: {image: "r:1"}}
            py: {display_name: Py, default: true, kubespawner_override: {image: "py:1"}}
        gpu:
          choices:
            none: {display_name: none}
            one: {kubespawner_override: {extra_resource_limits: {nvidia.com/gpu: "1"},
                                         tolerations: [{key: gpu, operator: Exists}]}}
""")
# What people choose, for each server that is rendered.
CHOICES = {
    "profiles": [
        {"profile": "small"},
        {"profile": "big"},
        {"profile": "big", "gpu": "one"},
        {"profile": "big", "image": "r"},
        {"profile": "big", "image": "r", "gpu": "one"},
    ]
}
# Of these KubeSpawner makes no pod, whatever Kubernetes says: the trait that is to blame.
UNRENDERABLE = yaml.safe_load("""
an unknown name in braces: {path: environment.PS1, values: {singleuser: {extraEnv: {PS1: "${x}"}}}}
braces of JSON: {path: environment.J, values: {singleuser: {extraEnv: {J: '{"a": 1}'}}}}
a brace that is never closed: {path: extra_labels, values: {singleuser: {extraLabels: {a: "{b"}}}}
a number as a variable: {path: environment.N, values: {singleuser: {extraEnv: {N: 1}}}}
memory in a unit that there is not: {path: mem_limit, values: {singleuser: {memory: {limit: 16GB}}}}
cores as a text: {path: cpu_limit, values: {singleuser: {cpu: {limit: 500m}}}}
""")

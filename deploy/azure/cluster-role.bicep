// A role with exactly the actions that the bot's Azure client uses, on the one cluster. The list is made from
// clients/azure/permissions.py by `make roles`.
targetScope = 'resourceGroup'

param roleName string
param clusterName string
param principalId string

var granted = loadJsonContent('actions.json')

resource cluster 'Microsoft.ContainerService/managedClusters@2024-05-01' existing = {
  name: clusterName
}

resource role 'Microsoft.Authorization/roleDefinitions@2022-04-01' = {
  name: guid(resourceGroup().id, roleName)
  properties: {
    roleName: roleName
    description: 'What the JupyterHub bot does with the cluster: its pools, its power, one add-on.'
    type: 'customRole'
    permissions: [
      { actions: granted.cluster, notActions: [], dataActions: [], notDataActions: [] }
    ]
    assignableScopes: [resourceGroup().id]
  }
}

resource assigned 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(cluster.id, principalId, role.id)
  scope: cluster
  properties: {
    principalId: principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: role.id
  }
}

// A role with exactly the actions that the bot's registry clients use, on the one registry.
targetScope = 'resourceGroup'

param roleName string
param registryName string
param principalId string

var granted = loadJsonContent('actions.json')

resource registry 'Microsoft.ContainerRegistry/registries@2023-07-01' existing = {
  name: registryName
}

resource role 'Microsoft.Authorization/roleDefinitions@2022-04-01' = {
  name: guid(resourceGroup().id, roleName)
  properties: {
    roleName: roleName
    description: 'What the JupyterHub bot does with the registry: it lists and locks tags, and has images built.'
    type: 'customRole'
    permissions: [
      { actions: granted.registry, notActions: [], dataActions: [], notDataActions: [] }
    ]
    assignableScopes: [resourceGroup().id]
  }
}

resource assigned 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(registry.id, principalId, role.id)
  scope: registry
  properties: {
    principalId: principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: role.id
  }
}

// A role with exactly the actions by which the bot reads how many more nodes the subscription's quota has room for,
// and which Kubernetes versions its region has. Azure keeps both with the subscription, so it is granted there: az deployment sub create.
targetScope = 'subscription'

param roleName string
param principalId string

var granted = loadJsonContent('actions.json')

resource role 'Microsoft.Authorization/roleDefinitions@2022-04-01' = {
  name: guid(subscription().id, roleName)
  properties: {
    roleName: roleName
    description: 'What the JupyterHub bot looks at before a node pool grows or is upgraded: VM sizes, the quota for them, Kubernetes versions.'
    type: 'customRole'
    permissions: [
      { actions: granted.quota, notActions: [], dataActions: [], notDataActions: [] }
    ]
    assignableScopes: [subscription().id]
  }
}

resource assigned 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(subscription().id, principalId, role.id)
  properties: {
    principalId: principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: role.id
  }
}

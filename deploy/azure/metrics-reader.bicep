// Lets the bot read the metrics of an Azure Monitor workspace, by which it knows how full homes are; on that one alone.
targetScope = 'resourceGroup'

@description('The Azure Monitor workspace that the hub\'s cluster sends its metrics to.')
param workspaceName string
param principalId string

// Monitoring Data Reader: a built-in role, by its id.
var dataReader = 'b0d8363b-8ddd-447d-831f-62ca05bff136'

resource workspace 'Microsoft.Monitor/accounts@2023-04-03' existing = {
  name: workspaceName
}

resource assigned 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(workspace.id, principalId, dataReader)
  scope: workspace
  properties: {
    principalId: principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', dataReader)
  }
}

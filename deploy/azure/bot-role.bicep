// A role with exactly the action by which the bot looks at the channels of its own Azure Bot, on that one alone.
targetScope = 'resourceGroup'

param roleName string
param botName string
param principalId string

var granted = loadJsonContent('actions.json')

resource bot 'Microsoft.BotService/botServices@2022-09-15' existing = {
  name: botName
}

resource role 'Microsoft.Authorization/roleDefinitions@2022-04-01' = {
  name: guid(resourceGroup().id, roleName)
  properties: {
    roleName: roleName
    description: 'What the JupyterHub bot looks at in its Azure Bot: which channels are on.'
    type: 'customRole'
    permissions: [
      { actions: granted.bot, notActions: [], dataActions: [], notDataActions: [] }
    ]
    assignableScopes: [resourceGroup().id]
  }
}

resource assigned 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(bot.id, principalId, role.id)
  scope: bot
  properties: {
    principalId: principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: role.id
  }
}

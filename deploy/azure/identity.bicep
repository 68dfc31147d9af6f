// Who the bot is in Azure, where its secrets are, and what it may. The first of two steps: setup.py puts the secrets
// into the vault before app.bicep makes what reads them.
targetScope = 'resourceGroup'

@description('The prefix of the names of everything that is created.')
@minLength(3)
@maxLength(16)
param name string = 'jhub-bot'

param location string = resourceGroup().location

@description('The managed cluster that the hub runs on.')
param clusterName string
param clusterResourceGroup string

@description('The registry of the users\' image; without it, no permission on a registry is granted.')
param registryName string = ''
param registryResourceGroup string = ''

@description('The object id of the person who may put secrets into the vault.')
param keeper string

// Letters, digits and dashes, 3 to 24: a vault's name is the whole world's.
var vaultName = take('${name}-${uniqueString(resourceGroup().id)}', 24)
// Key Vault Secrets User, Key Vault Secrets Officer: built-in roles, by their ids.
var secretsUser = '4633458b-17de-408a-b874-0445c86b69e6'
var secretsOfficer = 'b86a8fe4-44ce-4948-aee5-eccb2c155cd7'

resource identity 'Microsoft.ManagedIdentity/userAssignedIdentities@2023-01-31' = {
  name: name
  location: location
}

resource vault 'Microsoft.KeyVault/vaults@2023-07-01' = {
  name: vaultName
  location: location
  properties: {
    tenantId: tenant().tenantId
    sku: { family: 'A', name: 'standard' }
    enableRbacAuthorization: true
    enableSoftDelete: true
    enablePurgeProtection: true
  }
}

resource reads 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(vault.id, identity.id, secretsUser)
  scope: vault
  properties: {
    principalId: identity.properties.principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', secretsUser)
  }
}

resource keeps 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(vault.id, keeper, secretsOfficer)
  scope: vault
  properties: {
    principalId: keeper
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', secretsOfficer)
  }
}

module onCluster 'cluster-role.bicep' = {
  name: '${name}-cluster-role'
  scope: resourceGroup(clusterResourceGroup)
  params: {
    roleName: '${name} on ${clusterName}'
    clusterName: clusterName
    principalId: identity.properties.principalId
  }
}

module onRegistry 'registry-role.bicep' = if (!empty(registryName)) {
  name: '${name}-registry-role'
  scope: resourceGroup(empty(registryResourceGroup) ? resourceGroup().name : registryResourceGroup)
  params: {
    roleName: '${name} on ${registryName}'
    registryName: empty(registryName) ? 'none' : registryName
    principalId: identity.properties.principalId
  }
}

output identityId string = identity.id
output clientId string = identity.properties.clientId
output principalId string = identity.properties.principalId
output vaultName string = vault.name
output vaultUri string = vault.properties.vaultUri

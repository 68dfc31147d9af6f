// The bot's records: a small PostgreSQL server whose address, password included, goes into the vault and nowhere else.
targetScope = 'resourceGroup'

@minLength(3)
@maxLength(16)
param name string = 'jhub-bot'

param location string = resourceGroup().location

@description('The output of identity.bicep.')
param vaultName string

@description('Created by setup.py for this server only; letters and digits.')
@secure()
@minLength(32)
param password string

var login = 'jhubbot'

resource server 'Microsoft.DBforPostgreSQL/flexibleServers@2024-08-01' = {
  name: '${name}-${uniqueString(resourceGroup().id)}'
  location: location
  sku: { name: 'Standard_B1ms', tier: 'Burstable' }
  properties: {
    version: '16'
    administratorLogin: login
    administratorLoginPassword: password
    storage: { storageSizeGB: 32 }
    backup: { backupRetentionDays: 14, geoRedundantBackup: 'Disabled' }
    highAvailability: { mode: 'Disabled' }
  }
}

resource database 'Microsoft.DBforPostgreSQL/flexibleServers/databases@2024-08-01' = {
  parent: server
  name: 'jhubbot'
}

// Azure's own services, the Container App among them; the password and TLS are what keeps others out.
resource fromAzure 'Microsoft.DBforPostgreSQL/flexibleServers/firewallRules@2024-08-01' = {
  parent: server
  name: 'azure-services'
  properties: { startIpAddress: '0.0.0.0', endIpAddress: '0.0.0.0' }
}

resource vault 'Microsoft.KeyVault/vaults@2023-07-01' existing = {
  name: vaultName
}

resource address 'Microsoft.KeyVault/vaults/secrets@2023-07-01' = {
  parent: vault
  name: 'database-url'
  properties: {
    value: 'postgresql://${login}:${password}@${server.properties.fullyQualifiedDomainName}/${database.name}?sslmode=require'
  }
}

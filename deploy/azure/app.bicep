// The bot outside the cluster that it stops and starts: a Container App with a PostgreSQL database, and the Azure Bot
// that Teams knows it by. Everything secret is a reference to the vault, read as the bot's identity.
targetScope = 'resourceGroup'

@minLength(3)
@maxLength(16)
param name string = 'jhub-bot'

param location string = resourceGroup().location

@description('The output of identity.bicep.')
param identityId string
param clientId string
param vaultUri string

@description('The bot\'s image, by its digest: registry/name@sha256:…')
param image string

@description('The registry of the bot\'s image, if the identity is to pull from it; it needs AcrPull there.')
param imageRegistry string = ''

@description('The bot\'s configuration, as in its file. It contains no secrets.')
param config string

@description('The names of the vault\'s secrets that become files in /run/secrets/jhub-bot.')
param secretNames array = ['kubeconfig', 'hub-token', 'database-url']

@description('The hub\'s cluster; in this subscription unless another one is given.')
param clusterName string
param clusterResourceGroup string
param subscriptionId string = subscription().subscriptionId

@description('Different for each deployment, because the old replica may still be running when the new one starts.')
param revision string = utcNow('yyyyMMddHHmmss')

@description('What people see in Teams before the app is installed.')
param displayName string = 'JupyterHub'

@description('F0 costs nothing and includes 10,000 messages per month on premium channels; Teams does not count.')
@allowed(['F0', 'S1'])
param botSku string = 'F0'

// The one that identity.bicep has made, by the last part of its id.
resource identity 'Microsoft.ManagedIdentity/userAssignedIdentities@2023-01-31' existing = {
  name: last(split(identityId, '/'))
}

resource logs 'Microsoft.OperationalInsights/workspaces@2023-09-01' = {
  name: name
  location: location
  properties: {
    sku: { name: 'PerGB2018' }
    retentionInDays: 90
  }
}

resource apps 'Microsoft.App/managedEnvironments@2024-03-01' = {
  name: name
  location: location
  properties: {
    appLogsConfiguration: {
      destination: 'log-analytics'
      logAnalyticsConfiguration: {
        customerId: logs.properties.customerId
        sharedKey: logs.listKeys().primarySharedKey
      }
    }
  }
}

resource app 'Microsoft.App/containerApps@2024-03-01' = {
  name: name
  location: location
  identity: {
    type: 'UserAssigned'
    userAssignedIdentities: { '${identityId}': {} }
  }
  properties: {
    managedEnvironmentId: apps.id
    configuration: {
      activeRevisionsMode: 'Single'
      ingress: {
        external: true
        targetPort: 3978
        transport: 'http'
        allowInsecure: false
      }
      registries: empty(imageRegistry) ? [] : [{ server: imageRegistry, identity: identityId }]
      secrets: concat(
        [{ name: 'config', value: config }],
        map(secretNames, secret => {
          name: secret
          keyVaultUrl: '${vaultUri}secrets/${secret}'
          identity: identityId
        })
      )
    }
    template: {
      terminationGracePeriodSeconds: 120
      // One, always: it watches by itself. Its records are in the database, so another one can take over.
      scale: { minReplicas: 1, maxReplicas: 1 }
      containers: [
        {
          name: 'bot'
          image: image
          args: ['serve', '--config', '/etc/jhub-bot/config.yaml']
          resources: { cpu: json('0.5'), memory: '1Gi' }
          // Over what the file says: what is so because the bot runs here.
          env: [
            { name: 'JHUB_BOT_TEAMS__HOST', value: '0.0.0.0' }
            { name: 'JHUB_BOT_TEAMS__PORT', value: '3978' }
            { name: 'JHUB_BOT_TEAMS__APP_ID', value: clientId }
            { name: 'JHUB_BOT_TEAMS__APP_TYPE', value: 'UserAssignedMSI' }
            { name: 'JHUB_BOT_TEAMS__TENANTS', value: '["${tenant().tenantId}"]' }
            { name: 'JHUB_BOT_GRAPH__IDENTITY', value: 'ManagedIdentity' }
            { name: 'JHUB_BOT_GRAPH__CLIENT_ID', value: clientId }
            { name: 'JHUB_BOT_AZURE__IDENTITY', value: 'ManagedIdentity' }
            { name: 'JHUB_BOT_AZURE__CLIENT_ID', value: clientId }
            { name: 'JHUB_BOT_AZURE__SUBSCRIPTION_ID', value: subscriptionId }
            { name: 'JHUB_BOT_AZURE__RESOURCE_GROUP', value: clusterResourceGroup }
            { name: 'JHUB_BOT_AZURE__CLUSTER', value: clusterName }
            { name: 'JHUB_BOT_AZURE__BOT', value: name }
            { name: 'JHUB_BOT_AZURE__BOT_RESOURCE_GROUP', value: resourceGroup().name }
            { name: 'JHUB_BOT_KUBERNETES__KUBECONFIG', value: '/run/secrets/jhub-bot/kubeconfig' }
            { name: 'JHUB_BOT_HUB__TOKEN_FILE', value: '/run/secrets/jhub-bot/hub-token' }
            { name: 'JHUB_BOT_STORE__URL_FILE', value: '/run/secrets/jhub-bot/database-url' }
            { name: 'JHUB_BOT_STORE__REPLICA', value: 'bot-${revision}' }
            { name: 'JHUB_BOT_STATE_DIR', value: '/var/lib/jhub-bot' }
          ]
          // Neither asks the cluster: a stopped one must not keep the one away who is to start it.
          probes: [
            { type: 'Startup', httpGet: { path: '/healthz', port: 3978 }, periodSeconds: 1, failureThreshold: 60 }
            { type: 'Readiness', httpGet: { path: '/readyz', port: 3978 }, periodSeconds: 10, timeoutSeconds: 5 }
            { type: 'Liveness', httpGet: { path: '/healthz', port: 3978 }, periodSeconds: 20 }
          ]
          volumeMounts: [
            { volumeName: 'config', mountPath: '/etc/jhub-bot' }
            { volumeName: 'secrets', mountPath: '/run/secrets/jhub-bot' }
            { volumeName: 'state', mountPath: '/var/lib/jhub-bot' }
            { volumeName: 'tmp', mountPath: '/tmp' }
          ]
        }
      ]
      volumes: [
        { name: 'config', storageType: 'Secret', secrets: [{ secretRef: 'config', path: 'config.yaml' }] }
        {
          name: 'secrets'
          storageType: 'Secret'
          secrets: map(secretNames, secret => { secretRef: secret, path: secret })
        }
        // Helm's caches alone.
        { name: 'state', storageType: 'EmptyDir' }
        { name: 'tmp', storageType: 'EmptyDir' }
      ]
    }
  }
}

resource bot 'Microsoft.BotService/botServices@2022-09-15' = {
  name: name
  location: 'global'
  kind: 'azurebot'
  sku: { name: botSku }
  properties: {
    displayName: displayName
    endpoint: 'https://${app.properties.configuration.ingress.fqdn}/api/messages'
    msaAppId: clientId
    msaAppType: 'UserAssignedMSI'
    msaAppTenantId: tenant().tenantId
    msaAppMSIResourceId: identityId
    // Direct Line and Web Chat would be ways in that nobody watches; the bot refuses what comes by them.
    disableLocalAuth: true
    schemaTransformationVersion: '1.3'
  }
}

resource teams 'Microsoft.BotService/botServices/channels@2022-09-15' = {
  parent: bot
  name: 'MsTeamsChannel'
  location: 'global'
  properties: {
    channelName: 'MsTeamsChannel'
    properties: { isEnabled: true, enableCalling: false }
  }
}

module onBot 'bot-role.bicep' = {
  name: '${name}-bot-role'
  params: {
    roleName: '${name} on its Azure Bot'
    botName: bot.name
    principalId: identity.properties.principalId
  }
}

output host string = app.properties.configuration.ingress.fqdn
output endpoint string = bot.properties.endpoint

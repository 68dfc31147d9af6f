"""Commands about events: room for many people at a set time.

Room is made by raising the least number of nodes of the users' pool in Azure, and not by placeholder pods
(`scheduling.userPlaceholder`): that is one write which needs no deployment, touches no values and so no home of values,
restarts nothing, and can be put back exactly, because the pool's own tag keeps what it was in the same write. A
placeholder would be a change of the release twice for each class, and would be lost where somebody deploys meanwhile.
"""

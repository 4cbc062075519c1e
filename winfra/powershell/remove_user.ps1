# Removes a local account; its profile folder stays.
param([string] $User)

Remove-LocalUser -Name $User
@{ User = $User }

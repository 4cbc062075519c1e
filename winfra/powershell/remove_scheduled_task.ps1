# Removes a scheduled task; what it has started runs on.
param([Parameter(Mandatory)] [string] $Path, [Parameter(Mandatory)] [string] $Name)

Unregister-ScheduledTask -TaskPath $Path -TaskName $Name -Confirm:$false -ErrorAction Stop
@{ Task = $Path + $Name }

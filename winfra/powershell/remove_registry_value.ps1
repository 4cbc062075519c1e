# Removes a value of a key; its name is no pattern.
param([Parameter(Mandatory)] [string] $Path, [Parameter(Mandatory)] [string] $Name)

$key = [Management.Automation.WildcardPattern]::Escape("Registry::$Path")
Remove-ItemProperty -Path $key -Name ([Management.Automation.WildcardPattern]::Escape($Name)) -Force

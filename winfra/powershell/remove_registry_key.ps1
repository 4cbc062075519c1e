# Removes a key with all that is in it.
param([Parameter(Mandatory)] [string] $Path)

Remove-Item -LiteralPath "Registry::$Path" -Recurse -Force

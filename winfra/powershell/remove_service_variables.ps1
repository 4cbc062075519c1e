# Removes Prefect's variables from the environment of a service; others stay.
param([Parameter(Mandatory)] [string] $Service)

$path = "HKLM:\SYSTEM\CurrentControlSet\Services\$Service"
$kept = @((Get-Item -LiteralPath $path).GetValue('Environment')) -notlike 'PREFECT_*=*'
if ($kept) { $null = New-ItemProperty -LiteralPath $path -Name 'Environment' -PropertyType MultiString -Value ([string[]] $kept) -Force }
else { Remove-ItemProperty -LiteralPath $path -Name 'Environment' -Force }

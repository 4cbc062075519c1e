# Removes variables from the machine's environment, and Prefect's from those of services; others stay.
param([string[]] $Variable = @(), [string[]] $Service = @())

$control = 'HKLM:\SYSTEM\CurrentControlSet'
foreach ($name in $Variable) {
    $escaped = [Management.Automation.WildcardPattern]::Escape($name)
    Remove-ItemProperty -Path "$control\Control\Session Manager\Environment" -Name $escaped -Force
}
foreach ($name in $Service) {
    $path = "$control\Services\$name"
    $kept = @((Get-Item -LiteralPath $path).GetValue('Environment')) -notlike 'PREFECT_*=*'
    if ($kept) { $null = New-ItemProperty -LiteralPath $path -Name 'Environment' -PropertyType MultiString -Value ([string[]] $kept) -Force }
    else { Remove-ItemProperty -LiteralPath $path -Name 'Environment' -Force }
}
# As set_environment_variable.ps1 has it: .NET tells the programs that listen.
[Environment]::SetEnvironmentVariable('WINFRA_ENVIRONMENT_CHANGED', $null, 'Machine')

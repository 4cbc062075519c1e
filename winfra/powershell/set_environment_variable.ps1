# Sets or removes a variable of the machine's environment, and tells the programs that listen.
param(
    [Parameter(Mandatory)] [string] $Variable,
    [string] $Value,
    [string] $Kind,
    [Parameter(Mandatory)] [bool] $Present
)

$key = 'Registry::HKEY_LOCAL_MACHINE\SYSTEM\CurrentControlSet\Control\Session Manager\Environment'
if ($Present) { $null = New-ItemProperty -LiteralPath $key -Name $Variable -PropertyType $Kind -Value $Value -Force }
else { Remove-ItemProperty -Path $key -Name ([Management.Automation.WildcardPattern]::Escape($Variable)) -Force }
# .NET sends WM_SETTINGCHANGE whenever it sets a variable of the machine, also when it removes one that there is not;
# setting the real one this way would make a REG_SZ of every REG_EXPAND_SZ.
[Environment]::SetEnvironmentVariable('WINFRA_ENVIRONMENT_CHANGED', $null, 'Machine')

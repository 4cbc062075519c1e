@{
    RootModule        = 'Microsoft.PowerShell.Management.Service.psm1'
    ModuleVersion     = '3.1.0.0'
    GUID              = '0c9a0f0a-57f0-4d4e-9d63-4f4f3f7c3d27'
    Description       = 'The commands for services of Microsoft.PowerShell.Management, over the control manager of the lab.'
    FunctionsToExport = @('Get-Service', 'New-Service', 'Restart-Service', 'Resume-Service', 'Set-Service', 'Start-Service', 'Stop-Service', 'Suspend-Service')
    CmdletsToExport   = @()
    VariablesToExport = @()
    AliasesToExport   = @('gsv', 'sasv', 'spsv')
}

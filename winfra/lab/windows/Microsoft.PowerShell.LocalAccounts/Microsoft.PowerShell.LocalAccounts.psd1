@{
    RootModule        = 'Microsoft.PowerShell.LocalAccounts.psm1'
    ModuleVersion     = '1.0.0.0'
    GUID              = '8e362604-2c0b-448f-a414-a6a690a644e2'
    Description       = 'Local users and groups of the lab.'
    FunctionsToExport = @(
        'Add-LocalGroupMember', 'Disable-LocalUser', 'Enable-LocalUser', 'Get-LocalGroup', 'Get-LocalGroupMember',
        'Get-LocalUser', 'New-LocalUser', 'Remove-LocalGroupMember', 'Remove-LocalUser', 'Set-LocalUser'
    )
    CmdletsToExport   = @()
    VariablesToExport = @()
    AliasesToExport   = @('algm', 'dlu', 'elu', 'glg', 'glgm', 'glu', 'nlu', 'rlgm', 'rlu', 'slu')
}

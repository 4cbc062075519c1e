@{
    RootModule        = 'Microsoft.PowerShell.Diagnostics.psm1'
    ModuleVersion     = '3.0.0.0'
    GUID              = 'ca046f10-ca64-4740-8ff9-2565dba61a4f'
    Description       = 'Get-WinEvent over the event logs of the lab.'
    FunctionsToExport = @('Get-WinEvent')
    CmdletsToExport   = @()
    VariablesToExport = @()
    AliasesToExport   = @()
}

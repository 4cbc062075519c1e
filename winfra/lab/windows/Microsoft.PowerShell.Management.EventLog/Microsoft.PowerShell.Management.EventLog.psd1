@{
    RootModule        = 'Microsoft.PowerShell.Management.EventLog.psm1'
    ModuleVersion     = '3.1.0.0'
    GUID              = '6e9a4b1c-0f3c-4c55-9a0c-7f0b2fb0a7d5'
    Description       = 'Get-EventLog of Microsoft.PowerShell.Management over the event logs of the lab.'
    FunctionsToExport = @('Get-EventLog')
    CmdletsToExport   = @()
    VariablesToExport = @()
    AliasesToExport   = @()
}

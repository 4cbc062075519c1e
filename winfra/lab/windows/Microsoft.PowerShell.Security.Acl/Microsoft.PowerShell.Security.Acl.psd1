@{
    RootModule        = 'Microsoft.PowerShell.Security.Acl.psm1'
    ModuleVersion     = '3.0.0.0'
    GUID              = '5b3b5c0e-6d0b-4f0a-9a3d-2c7d0e8f9a41'
    Description       = 'Get-Acl and Set-Acl of Microsoft.PowerShell.Security, over the access lists of the lab.'
    FunctionsToExport = @('Get-Acl', 'Set-Acl')
    CmdletsToExport   = @()
    VariablesToExport = @()
    AliasesToExport   = @()
}

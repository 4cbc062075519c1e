@{
    RootModule = 'Microsoft.PowerShell.Utility.TypeData.psm1'
    ModuleVersion = '3.1.0.0'
    GUID = 'b0a1b4a2-6c0c-4b6d-9a0e-0c5f5f6f2b11'
    Description = 'Remove-TypeData of Microsoft.PowerShell.Utility.'
    FunctionsToExport = @('Remove-TypeData')
    CmdletsToExport = @()
    VariablesToExport = @()
    AliasesToExport = @()
}
